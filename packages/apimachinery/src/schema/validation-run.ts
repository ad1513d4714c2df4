import type { FieldError } from '../meta/field-error.ts';

/** How Kubernetes writes the path of an error that has none. */
const noPath = '<nil>';

/** The state of one validation: where it is, and what it has found. */
export class ValidationRun {
  readonly path: (string | number)[] = [];
  readonly root: string;
  readonly maxErrors: number;
  errors: FieldError[] = [];
  /** Errors that Kubernetes finds in passes of their own, after the schema. */
  readonly late: FieldError[] = [];
  /** Counts failures also where they are not reported, because another alternative may hold. */
  failures = 0;
  probing = false;
  /** How much of the schemas applied: of several failed alternatives, the one with the most matches is reported. */
  matches = 0;

  constructor(root: string, maxErrors: number) {
    this.root = root;
    this.maxErrors = maxErrors;
  }

  get isFull(): boolean {
    return this.errors.length >= this.maxErrors;
  }

  /** `make` gets the dotted path, empty for the whole value. */
  fail(make: (path: string) => FieldError): void {
    this.failures++;
    if (!this.probing && this.errors.length < this.maxErrors) {
      const error = make(this.pathText());
      if (error.field === '') error.field = noPath;
      this.errors.push(error);
    }
  }

  failLate(error: FieldError): void {
    if (this.probing || this.late.length >= this.maxErrors) return;
    if (error.field === '') error.field = noPath;
    this.late.push(error);
  }

  /** A failure that Kubernetes reports without saying where, because the message does. */
  failNowhere(message: (path: string) => string): void {
    this.fail((path) => ({
      reason: 'FieldValueInvalid',
      field: noPath,
      message: `Invalid value: "": ${message(path)}`,
    }));
  }

  pathText(): string {
    let text = this.root;
    for (const step of this.path) {
      if (typeof step === 'number') text += `[${step}]`;
      else text += text === '' ? step : `.${step}`;
    }
    return text;
  }

  /** Everything found, each message once, at most {@link maxErrors}. */
  result(): FieldError[] {
    if (this.errors.length === 0 && this.late.length === 0) return [];
    const seen = new Set<string>();
    const unique: FieldError[] = [];
    for (const list of [this.errors, this.late]) {
      for (const error of list) {
        const id = `${error.field}: ${error.message}`;
        if (seen.has(id)) continue;
        seen.add(id);
        if (unique.length < this.maxErrors) unique.push(error);
      }
    }
    return unique;
  }
}
