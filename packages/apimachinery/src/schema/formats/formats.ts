import { isDate, parseDuration } from '../../time.ts';
import { utf8Length } from '../../utf8-length.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../validation/names.ts';
import { isCidr, isIp, isIpSloppy } from './ip-address.ts';
import { isEmail, isRequestUri } from './uri-and-email.ts';

export type FormatCheck = (text: string) => boolean;

/** The check of a string format, undefined for one that Kubernetes does not know and therefore ignores. */
export function formatCheckOf(format: string): FormatCheck | undefined {
  return checks.get(format.replaceAll('-', ''));
}

const dateTimeTail = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:.[0-9]+)?(?:z|[+-][0-9]{2}:[0-9]{2})$/;

/** Those that passed: objects that are written in one second have the same. */
const goodDateTimes = new Set<string>();
const maxGoodDateTimes = 1000;
const longestRemembered = 40;

function isDateTime(text: string): boolean {
  if (goodDateTimes.has(text)) return true;
  if (!readsAsDateTime(text)) return false;
  if (text.length > longestRemembered) return true;
  if (goodDateTimes.size >= maxGoodDateTimes) goodDateTimes.clear();
  goodDateTimes.add(text);
  return true;
}

function readsAsDateTime(text: string): boolean {
  const [date, time] = text.toLowerCase().split('t');
  if (date === undefined || time === undefined || !isDate(date)) return false;
  const match = dateTimeTail.exec(time);
  return match !== null && match[1]! <= '23' && match[2]! <= '59' && match[3]! <= '59';
}

/** Unit words of durations such as `3 weeks`; the last of a row also stands for anything that begins with it. */
const durationWords: readonly (readonly string[])[] = [
  ['ns', 'nano'],
  ['us', 'µs', 'micro'],
  ['ms', 'milli'],
  ['s', 'sec'],
  ['m', 'min'],
  ['h', 'hr', 'hour'],
  ['d', 'day'],
  ['w', 'wk', 'week'],
];

function isDuration(text: string): boolean {
  if (parseDuration(text) !== undefined) return true;
  for (const match of text.matchAll(/(\d+)\s*([A-Za-zµ]+)/g)) {
    const unit = match[2]!.toLowerCase();
    if (durationWords.some((words) => words.includes(unit) || unit.startsWith(words.at(-1)!))) return true;
  }
  return false;
}

const loneLabel = /^[a-zA-Z0-9\p{S}\p{L}]-?[a-zA-Z0-9\p{S}\p{L}]{0,62}$/u;
const innerLabel = /^[a-zA-Z0-9\p{S}\p{L}](?:[a-zA-Z0-9\p{S}\p{L}-]{0,61}[a-zA-Z0-9\p{S}\p{L}])?$/u;
const topLabel = /^[a-zA-Z\p{L}]{2,63}$/u;

function isHostname(text: string): boolean {
  if (text.length > 255 || utf8Length(text) > 255) return false;
  const labels = text.split('.');
  if (labels.some((label) => utf8Length(label) > 63)) return false;
  if (labels.length === 1) return loneLabel.test(text);
  const top = labels.pop()!;
  return topLabel.test(top) && labels.every((label) => innerLabel.test(label));
}

function isMac(text: string): boolean {
  return (
    /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text) ||
    /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){6}[0-9a-f]{2}$/i.test(text) ||
    /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){18}[0-9a-f]{2}$/i.test(text) ||
    /^[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}$/i.test(text) ||
    /^[0-9a-f]{4}(?:\.[0-9a-f]{4}){3}$/i.test(text) ||
    /^[0-9a-f]{4}(?:\.[0-9a-f]{4}){9}$/i.test(text) ||
    /^(?:[0-9a-f]{12}|[0-9a-f]{16}|[0-9a-f]{40})$/i.test(text)
  );
}

function isIsbn10(text: string): boolean {
  const digits = text.replaceAll(/[\s-]+/g, '');
  if (!/^[0-9]{9}[0-9X]$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 10; i++) sum += (i + 1) * (digits[i] === 'X' ? 10 : Number(digits[i]));
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replaceAll(/[\s-]+/g, '');
  if (!/^[0-9]{13}$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 13; i++) sum += Number(digits[i]) * (i % 2 === 0 ? 1 : 3);
  return sum % 10 === 0;
}

const cardNumber =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$/;

function isCreditCard(text: string): boolean {
  const digits = text.replaceAll(/[^0-9]+/g, '');
  if (!cardNumber.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}

const colorPart = String.raw`\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*`;
const rgbColor = new RegExp(`^rgb\\(${colorPart},${colorPart},${colorPart}\\)$`);

function byExpression(expression: RegExp): FormatCheck {
  return (text) => expression.test(text);
}

const checks: ReadonlyMap<string, FormatCheck> = new Map<string, FormatCheck>([
  ['bsonobjectid', byExpression(/^[0-9a-f]{24}$/i)],
  ['byte', (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)],
  ['cidr', isCidr],
  ['creditcard', isCreditCard],
  ['date', isDate],
  ['datetime', isDateTime],
  ['duration', isDuration],
  ['email', isEmail],
  ['hexcolor', byExpression(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  ['hostname', isHostname],
  ['ipv4', (text) => text.includes('.') && isIpSloppy(text)],
  ['ipv6', (text) => text.includes(':') && isIp(text)],
  ['isbn', (text) => isIsbn10(text) || isIsbn13(text)],
  ['isbn10', isIsbn10],
  ['isbn13', isIsbn13],
  ['k8slongname', (text) => dns1123SubdomainErrors(text).length === 0],
  ['k8sshortname', (text) => dns1123LabelErrors(text).length === 0],
  ['mac', isMac],
  ['password', () => true],
  ['rgbcolor', byExpression(rgbColor)],
  ['ssn', (text) => text.length === 11 && /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text)],
  ['uri', isRequestUri],
  ['uuid', byExpression(/^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i)],
  ['uuid3', byExpression(/^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i)],
  ['uuid4', byExpression(/^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i)],
  ['uuid5', byExpression(/^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i)],
]);
