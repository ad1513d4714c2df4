import { isIp } from './ip-address.ts';

/** Whether Go's `url.ParseRequestURI` takes the text: an absolute URI, or an absolute path. */
export function isRequestUri(text: string): boolean {
  if (text === '' || hasControlCharacter(text)) return false;
  if (text === '*') return true;
  const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:/.exec(text)?.[0] ?? '';
  if (scheme === '' && !text.startsWith('/')) return false;
  const query = text.indexOf('?');
  const rest = text.slice(scheme.length, query < 0 ? undefined : query);
  if (!rest.startsWith('/')) return scheme !== '';
  if (!rest.startsWith('//') || (scheme === '' && rest.startsWith('///'))) return hasGoodEscapes(rest);
  const slash = rest.indexOf('/', 2);
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
  return isAuthority(authority) && (slash < 0 || hasGoodEscapes(rest.slice(slash)));
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit === 0x7f) return true;
  }
  return false;
}

function hasGoodEscapes(text: string): boolean {
  return !/%(?![0-9a-fA-F]{2})/.test(text);
}

function isAuthority(text: string): boolean {
  const at = text.lastIndexOf('@');
  if (at >= 0) {
    const user = text.slice(0, at);
    if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user) || !hasGoodEscapes(user)) return false;
  }
  const host = text.slice(at + 1);
  if (host.startsWith('[')) {
    const close = host.lastIndexOf(']');
    return close > 0 && /^(?::\d*)?$/.test(host.slice(close + 1)) && isBracketed(host.slice(1, close));
  }
  const colon = host.lastIndexOf(':');
  if (colon >= 0 && (!/^\d*$/.test(host.slice(colon + 1)) || host.indexOf(':') !== colon)) return false;
  // Go unescapes only bytes beyond ASCII in host names.
  return !/[ \\^`{}|[]|%(?![89a-fA-F][0-9a-fA-F])/.test(host);
}

function isBracketed(address: string): boolean {
  const zone = address.indexOf('%25');
  return isIp(zone < 0 ? address : address.slice(0, zone)) && address.includes(':');
}

const atom = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~\\u0080-\\u{10ffff}]+";
const dotAtom = new RegExp(`^${atom}(?:\\.${atom})*$`, 'u');
const quoted = /^"(?:[^"\\\r\n]|\\[^\r\n])*"$/u;
const displayName = new RegExp(`^(?:${atom}|\\.|[ \\t]|"(?:[^"\\\\\\r\\n]|\\\\[^\\r\\n])*")*$`, 'u');

/** Whether Go's `mail.ParseAddress` takes the text: `a@b`, or `Name <a@b>`. Comments in parentheses are not supported. */
export function isEmail(text: string): boolean {
  const trimmed = text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');
  if (trimmed.endsWith('>')) {
    const open = trimmed.lastIndexOf('<');
    return open >= 0 && displayName.test(trimmed.slice(0, open)) && isAddressSpec(trimmed.slice(open + 1, -1));
  }
  return isAddressSpec(trimmed);
}

function isAddressSpec(text: string): boolean {
  const at = text.lastIndexOf('@');
  if (at <= 0) return false;
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  if (!dotAtom.test(local) && !quoted.test(local)) return false;
  if (domain.startsWith('[')) return domain.endsWith(']') && isIp(domain.slice(1, -1));
  return dotAtom.test(domain);
}
