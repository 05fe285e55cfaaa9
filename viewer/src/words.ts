// words.ts - numbers, entries and faults in words.  The words are those of the C sources:
// FrameUse (survey.h), pte.h.
export const count = (n: number): string => Math.round(n).toLocaleString("en-US");

export function bytes(n: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  while (Math.abs(n) >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${Number.isInteger(n) ? n : n.toFixed(n < 10 ? 2 : 1)} ${units[unit]}`;
}

export function time(ns: number, digits = 4): string {
  const units: [number, string][] = [
    [1e9, "s"],
    [1e6, "ms"],
    [1e3, "µs"],
  ];
  for (const [size, word] of units) {
    if (Math.abs(ns) >= size) return `${Number((ns / size).toPrecision(digits))} ${word}`;
  }
  return `${Math.round(ns)} ns`;
}

export const hex = (n: number): string => `0x${n.toString(16)}`;
export const percent = (part: number, whole: number): string =>
  whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : "–";

export const PTE = {
  P: 1,
  W: 2,
  U: 4,
  A: 32,
  D: 64,
  H: 128,
  Z: 512,
  NX: 4096,
  KIND: 14,
  SWAPPED: 2,
  TRANSIT: 4,
};
export type PteKind = "none" | "present" | "zero page" | "swapped" | "in transit";
export function pteKind(bits: number): PteKind {
  if (bits & PTE.P) return bits & PTE.Z ? "zero page" : "present";
  if ((bits & PTE.KIND) === PTE.SWAPPED) return "swapped";
  if ((bits & PTE.KIND) === PTE.TRANSIT) return "in transit";
  return "none";
}

export function ageWords(age: number): string {
  if (age === 0) return "";
  if (age === 1) return "last used in this working-set window";
  return age === 2
    ? "last used one working-set window ago"
    : `last used ${count(age - 1)} working-set windows ago`;
}

const rights = (bits: number): string =>
  [
    bits & PTE.U ? "readable" : "not accessible",
    bits & PTE.W ? "writable" : "read-only",
    bits & PTE.NX ? "not executable" : "executable",
  ].join(", ");

export function pteWords(bits: number, number: number, age = 0): string {
  switch (pteKind(bits)) {
    case "none":
      return "no entry: never touched, or given back";
    case "swapped":
      return `not present: the page is in swap slot ${count(number)}`;
    case "in transit":
      return `not present: on its way out, still in frame ${count(number)}`;
    case "zero page":
      return "present: maps the shared page of zeros, read-only until it is written";
    default: {
      const use = [
        bits & PTE.A ? "accessed" : "not accessed since its bit was cleared",
        bits & PTE.D ? "dirty" : "clean",
        rights(bits),
        ageWords(age),
      ].filter(Boolean);
      return `present in frame ${count(number)}: ${use.join(", ")}`;
    }
  }
}

export const FRAME_USES = [
  "free",
  "zeroed",
  "being filled",
  "resident",
  "being written out",
  "on standby",
];
export const BLOCK_KINDS = ["free", "used", "allocator’s own"];

// Where a freed block goes in glibc's malloc, first to last; other allocators' lists come behind.
const LISTS = ["tcache", "fastbin", "unsorted", "small", "large", "top"];
export function compareLists(a: string, b: string): number {
  const key = (name: string): [number, number] => {
    const [word, size] = name.split(" ");
    return [(LISTS.indexOf(word) + LISTS.length + 1) % (LISTS.length + 1), Number(size ?? 0)];
  };
  const [x, y] = [key(a), key(b)];
  return x[0] - y[0] || x[1] - y[1] || (a < b ? -1 : 1);
}

const FLAGS: Record<string, string> = {
  P: "the block before is in use",
  M: "a mapping of its own",
  A: "not of the main arena",
};
export const FLAG_LEGEND = `Flags in a block’s header: ${Object.entries(FLAGS)
  .map(([letter, meaning]) => `${letter} ${meaning}`)
  .join(", ")}.`;
export function flagWords(flags: string): string {
  if (!flags) return "no flag set";
  const meanings = [...flags].map((letter) => (FLAGS[letter] ? `${letter} (${FLAGS[letter]})` : letter));
  return `${flags.length > 1 ? "flags" : "flag"} ${meanings.join(", ")}`;
}

export function levelNames(levels: number): string[] {
  const all = ["PML5", "PML4", "PDPT", "PD", "PT"];
  return levels <= 5 ? all.slice(5 - levels) : all;
}
export function protWords(prot: number): string {
  return (prot & 1 ? "r" : "-") + (prot & 2 ? "w" : "-") + (prot & 4 ? "x" : "-");
}
