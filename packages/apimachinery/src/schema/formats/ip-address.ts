/** Whether Go's `net.ParseIP` takes the text; leading zeros of IPv4 octets are refused. */
export function isIp(text: string): boolean {
  return text.includes(':') ? isIpv6(text, false) : isIpv4(text, false);
}

/** As {@link isIp}, but octets may have leading zeros, as before Go 1.17. */
export function isIpSloppy(text: string): boolean {
  return text.includes(':') ? isIpv6(text, true) : isIpv4(text, true);
}

/** `10.0.0.0/8` or `2001:db8::/32`; IPv4 octets may have leading zeros. */
export function isCidr(text: string): boolean {
  const slash = text.indexOf('/');
  if (slash < 0) return false;
  const address = text.slice(0, slash);
  const length = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length)) return false;
  return address.includes(':')
    ? isIpv6(address, true) && Number(length) <= 128
    : isIpv4(address, true) && Number(length) <= 32;
}

function isIpv4(text: string, sloppy: boolean): boolean {
  const parts = text.split('.', 5);
  if (parts.length !== 4) return false;
  return parts.every((part) => {
    if (!/^\d+$/.test(part) || (!sloppy && part.length > 1 && part.startsWith('0'))) return false;
    return Number(part) <= 255;
  });
}

function isIpv6(text: string, sloppy: boolean): boolean {
  const halves = text.split('::', 3);
  if (halves.length > 2) return false;
  let groups = 0;
  for (let i = 0; i < halves.length; i++) {
    if (halves[i] === '') {
      if (halves.length === 1) return false;
      continue;
    }
    const parts = halves[i]!.split(':', 10);
    for (let j = 0; j < parts.length; j++) {
      const part = parts[j]!;
      const isLast = i === halves.length - 1 && j === parts.length - 1;
      if (isLast && part.includes('.')) {
        if (!isIpv4(part, sloppy)) return false;
        groups += 2;
      } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups++;
      else return false;
    }
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}
