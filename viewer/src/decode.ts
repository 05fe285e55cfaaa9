// decode.ts - columns of numbers, as sim/output/column.h describes them:
//   base64 -> inflate -> varints -> zigzag -> sums
export interface Packed {
  n: number;
  z: string;
}

type FromBase64 = { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const native = (Uint8Array as unknown as FromBase64).fromBase64;
  if (native) return native.call(Uint8Array, base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

// Straight through the stream: a Blob or a Response would cost a visit to the browser's other
// processes for each column.
export async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  const parts: Uint8Array[] = [];
  const reader = stream.readable.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
  await written;
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// Numbers stay exact to 2^53, and beyond that if they are multiples of 8, as addresses are.
// Most differences are one byte, and some integer arithmetic.
function unpack(bytes: Uint8Array, count: number): Float64Array {
  const out = new Float64Array(count);
  let at = 0;
  let last = 0;
  for (let i = 0; i < count; i++) {
    let byte = bytes[at++];
    if (byte < 128) {
      last += (byte >> 1) ^ -(byte & 1);
    } else {
      let value = 0;
      let scale = 1;
      for (; byte > 127; byte = bytes[at++]) {
        value += (byte - 128) * scale;
        scale *= 128;
      }
      value += byte * scale;
      last += value % 2 === 1 ? -(value + 1) / 2 : value / 2;
    }
    out[i] = last;
  }
  return out;
}

export async function decode(column: Packed): Promise<Float64Array> {
  return unpack(await inflate(bytesOf(column.z)), column.n);
}

export type Columns<K extends string> = Record<K, Float64Array>;

// Every packed column of an object, by the same names.
export async function decodeAll<K extends string>(table: Record<K, Packed>): Promise<Columns<K>> {
  const names = (Object.keys(table) as K[]).filter((k) => typeof table[k]?.z === "string");
  const columns = await Promise.all(names.map((k) => decode(table[k])));
  return Object.fromEntries(names.map((k, i) => [k, columns[i]])) as Columns<K>;
}
