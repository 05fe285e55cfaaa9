// run.ts - one recording, decoded: samples over time, pictures of memory, faults, numbers.
//
// Rows of a picture are slices of long tables; Space says which (sim/output/film_json.h).
import { type Columns, decode, decodeAll, type Packed } from "./decode";

type Raw = Record<string, never> & {
  name: string;
  description: string;
  seed: number;
  faultline: string;
  workload?: unknown;
  machine: Machine;
  processes_in_all: number;
  stats: Stats;
  counters: [string, string, string][];
  series: Record<string, Packed> & { processes: Record<string, Packed>[] };
  film: Record<string, Packed> & {
    frame_stride: number;
    cells: number;
    frames_used: number;
  } & Record<"frames" | "spaces" | "vmas" | "pages" | "tables", Record<string, Packed>> & {
      blocks: Record<string, Packed> & { list_words?: string[]; flag_words?: string[] };
    };
  faults: Record<string, Packed> & { total: number; stride: number; first: number; last: number; kinds: string[] };
};

export interface Machine {
  mmu: string;
  page_shift: number;
  levels: number[];
  tlb: number[];
  frames: number;
  swap_slots: number;
  policy: string;
  window_ns: number;
}
export interface Phase {
  name: string;
  end_ns: number;
  counters: Record<string, number>;
}
export interface ProcessStats {
  name: string;
  pid: number;
  status: string;
  start_ns: number;
  end_ns: number;
  counters: Record<string, number>;
  memory: Record<string, number>;
  phases: Phase[];
}
export interface Stats {
  machine: {
    time_ns: number;
    page_size: number;
    counters: Record<string, number>;
    frames: Record<string, number>;
    swap: { used: number; total: number };
    cpus?: Record<string, number>[]; // only if there are several
  };
  processes: ProcessStats[];
}

// One process in one picture.
export interface Space {
  pid: number;
  status: number;
  line: number;
  heapStart: number;
  brk: number;
  pageStride: number;
  vmas: [number, number];
  pages: [number, number];
  tables: [number, number];
  blocks: [number, number];
  tablesInAll: number;
  vmasInAll: number;
  blocksInAll: number;
  used: number;
  free: number;
  largestFree: number;
  heapLeftOut: boolean;
}

const GROWS_DOWN = 1; // VMA_GROWS_DOWN of mmu/kernel/vma.h

export type Table = Columns<string>;

export class Run {
  raw!: Raw;
  samples!: Table;
  processSamples!: Table[];
  times!: Float64Array; // of pictures
  marked!: Float64Array;
  frames!: Table;
  vmas!: Table;
  pages!: Table;
  tables!: Table;
  blocks!: Table;
  faults!: Table;
  spaces: Space[][] = []; // by picture

  static async read(json: unknown): Promise<Run> {
    const run = new Run();
    const raw = (run.raw = json as Raw);
    const film = raw.film;
    const [spaces, processes] = await Promise.all([decodeAll(film.spaces), decode(film.processes)]);
    [run.times, run.marked] = await Promise.all([decode(film.time), decode(film.marked)]);
    [run.samples, run.frames, run.vmas, run.pages, run.tables, run.blocks, run.faults] =
      await Promise.all([
        decodeAll(raw.series),
        decodeAll(film.frames),
        decodeAll(film.vmas),
        decodeAll(film.pages),
        decodeAll(film.tables),
        decodeAll(film.blocks),
        decodeAll(raw.faults),
      ]);
    run.processSamples = await Promise.all(raw.series.processes.map((p) => decodeAll(p)));
    run.cutSpaces(spaces, processes);
    return run;
  }

  private cutSpaces(t: Table, processes: Float64Array): void {
    const at = { vmas: 0, pages: 0, tables: 0, blocks: 0 };
    const slice = (name: keyof typeof at, row: number): [number, number] => {
      const start = at[name];
      at[name] += t[name][row];
      return [start, at[name]];
    };
    let row = 0;
    for (const count of processes) {
      const spaces: Space[] = [];
      for (let i = 0; i < count; i++, row++) {
        spaces.push({
          pid: t.pid[row],
          status: t.status[row],
          line: t.line[row],
          heapStart: t.heap_start[row],
          brk: t.brk[row],
          pageStride: t.page_stride[row],
          vmas: slice("vmas", row),
          pages: slice("pages", row),
          tables: slice("tables", row),
          blocks: slice("blocks", row),
          tablesInAll: t.tables_in_all[row],
          vmasInAll: t.vmas_in_all[row],
          blocksInAll: t.blocks_in_all[row],
          used: t.used_bytes[row],
          free: t.free_bytes[row],
          largestFree: t.largest_free[row],
          heapLeftOut: t.heap_left_out[row] === 1,
        });
      }
      this.spaces.push(spaces);
    }
  }

  // The list that a block is on, as the allocator calls it ("tcache 32"), or "".
  listOf(block: number): string {
    const { list, list_size } = this.blocks;
    const word = this.raw.film.blocks.list_words?.[(list?.[block] ?? 0) - 1];
    return word ? (list_size[block] ? `${word} ${list_size[block]}` : word) : "";
  }
  // The letters of the flags in its header; undefined: it has no flags.
  flagsOf(block: number): string | undefined {
    return this.raw.film.blocks.flag_words?.[(this.blocks.flags?.[block] ?? 0) - 1];
  }

  get duration(): number {
    return Math.max(this.raw.stats.machine.time_ns, 1);
  }
  get pageSize(): number {
    return this.raw.stats.machine.page_size;
  }
  get processes(): ProcessStats[] {
    return this.raw.stats.processes;
  }
  processName(pid: number): string {
    return this.processes[pid - 1]?.name ?? `process ${pid}`;
  }
  // The last picture that was taken at or before a time.
  pictureAt(time: number): number {
    return Math.max(0, upperBound(this.times, time) - 1);
  }
  spaceOf(picture: number, pid: number): Space | undefined {
    return this.spaces[picture]?.find((s) => s.pid === pid);
  }
  // What a mapping is for, in the words of `faultline explain` (sim/page_words.c).
  mappingName(space: Space, row: number): string {
    const { first, flags, file } = this.vmas;
    const start = first[row] * this.pageSize;
    if (file[row]) return file[row] === 2 ? "shared memory" : "file";
    if (start >= space.heapStart && start < space.brk) return "heap";
    return flags[row] & GROWS_DOWN ? "stack" : "mmap";
  }
  // A page's number within its mapping, from 0, and what mapping that is.
  placeOf(picture: number, pid: number, vpn: number): [string, string] | undefined {
    const space = this.spaceOf(picture, pid);
    if (!space) return undefined;
    const { first, pages } = this.vmas;
    for (let i = space.vmas[0]; i < space.vmas[1]; i++) {
      if (vpn >= first[i] && vpn < first[i] + pages[i]) {
        return [String(vpn - first[i]), this.mappingName(space, i)];
      }
    }
    return undefined;
  }
  // The row of `pages` that shows a page, or -1.
  findPage(space: Space, vpn: number): number {
    let [low, high] = space.pages;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.pages.vpn[middle] < vpn) low = middle + 1;
      else high = middle;
    }
    return low < space.pages[1] && this.pages.vpn[low] === vpn ? low : -1;
  }
  phases(): { time: number; label: string }[] {
    return this.processes
      .flatMap((p) =>
        p.phases.map((phase) => ({
          time: phase.end_ns,
          label: this.processes.length > 1 ? `${p.name}: ${phase.name}` : phase.name,
        })),
      )
      .sort((a, b) => a.time - b.time);
  }
}

// How many of the ascending numbers are <= x.
export function upperBound(numbers: ArrayLike<number>, x: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}
