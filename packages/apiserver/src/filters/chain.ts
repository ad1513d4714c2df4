/** One step a request goes through: takes a context and returns a richer one, or throws the Status to answer with. */
export interface Filter<In, Out extends In> {
  readonly name: string;
  apply(context: In): Out | Promise<Out>;
}

/**
 * The same request, knowing more. All steps enrich one object: a copy at each of them would cost more than most steps do.
 */
export function enrich<Context extends object, More extends object>(context: Context, more: More): Context & More {
  return Object.assign(context, more);
}

/** Filters in execution order. Each `then` only compiles when the steps before it provide what the new one needs. */
export class Chain<In, Out> {
  readonly names: readonly string[];
  private readonly steps: readonly ((context: never) => unknown)[];

  private constructor(names: readonly string[], steps: readonly ((context: never) => unknown)[]) {
    this.names = names;
    this.steps = steps;
  }

  static start<T>(): Chain<T, T> {
    return new Chain<T, T>([], []);
  }

  // biome-ignore lint/suspicious/noThenProperty: a chain is never awaited
  then<Next extends Out>(filter: Filter<Out & object, Next & object>): Chain<In, Next> {
    return new Chain<In, Next>(
      [...this.names, filter.name],
      [...this.steps, (context: never) => filter.apply(context)],
    );
  }

  /** `reached` is told what each step made of the request: all that is known of one that a later step refuses. */
  async run(context: In, reached?: (context: In & Partial<Out>) => void): Promise<Out> {
    let current: unknown = context;
    for (const step of this.steps) {
      const next = step(current as never);
      current = next instanceof Promise ? await next : next;
      reached?.(current as In & Partial<Out>);
    }
    return current as Out;
  }
}
