#!/usr/bin/env python3
"""random_script.py - a random script of system calls, the same for the same seed.

    random_script.py SEED [LINES]

Idea: operations on few regions whose sizes and places lie around the edges that matter (pages, 2
MiB tables, 1 GiB tables, neighbours), mostly within a region and sometimes beyond it.  The seed
also chooses a mood: kernel-chosen addresses or fixed ones, and which operations are frequent, so
that rare ones meet each other often in some scripts.
Used by native.py --random.
"""

import random
import sys

SIZES = [1, 1, 2, 3, 8, 20, 64, 130, 256, 511, 512, 513, 700, 1024, 1100]
HUGE_SIZES = [1, 3, 64, 512, 512, 513, 700, 1024, 1024, 1100, 1536, 1600, 2048]
BASES = [0x200000000000, 0x200000200000, 0x200000400000, 0x200000600000, 0x200040000000,
         0x200040200000, 0x207FFFE00000, 0x208000000000]  # fmt: skip
PROTS = ["rw"] * 12 + ["r", "r", "-", "w", "rx", "rwx"]
ADVICE = ["dontneed"] * 6 + ["free", "cold", "pageout", "willneed", "pop_read", "pop_read",
          "pop_write", "pop_write", "dontfork", "dofork", "wipeonfork", "keeponfork", "normal",
          "random", "sequential"]  # fmt: skip
ODD = [0, 0, 1 << 30, 1 << 35, 1 << 36, (1 << 45) - 1]
COUNTS = [1, 1, 2, 5, 16, 64, 109, 512]
PATTERNS = ["loop", "sawtooth", "uniform", "zipf", "zipf1", "phase", "hotscan"]
BREAKS = [1, 100, 4096, 4096, 8192, 40960, 135168, 2 << 20]

# How often each operation comes, if the mood likes it (it likes each with one chance in two).
WEIGHTS = {"touch": 30, "mmap": 12, "munmap": 5, "mprot": 6, "madv": 7, "mremap": 5, "brk": 6,
           "fork": 4, "mincore": 2, "mlock": 3, "munlock": 2, "mlockall": 1, "munlockall": 1,
           "zread": 2, "stack": 2, "poke": 1, "pattern": 2, "forkhold": 1, "file": 3,
           "shared": 4, "noreplace": 1, "truncate": 1}  # fmt: skip
ALWAYS = {"touch", "mmap"}


class Script:
    def __init__(self, seed, lines, huge_pages):
        self.random, self.huge_pages = random.Random(seed), huge_pages
        self.sizes = HUGE_SIZES if huge_pages else SIZES
        self.lines, self.left = [], lines
        self.regions = {}  # ID: pages
        self.next, self.heap = 0, 0
        self.depth, self.held = 0, 0
        self.fixed = self.chance(0.4)
        self.liked = {name: weight for name, weight in WEIGHTS.items()
                      if name in ALWAYS or self.chance(0.5)}  # fmt: skip

        self.odd_mood = self.chance(0.3)
        self.advice = ADVICE + 8 * self.random.sample(ADVICE, 2)
        if huge_pages:
            self.liked["madv"] = 25
            self.advice = self.advice + 10 * ["hugepage"] + 2 * ["nohugepage"]

    def chance(self, probability):
        return self.random.random() < probability

    def odd(self):
        """Now and then, in some scripts, something that no sane program does."""
        return self.odd_mood and self.chance(0.05)

    def pick(self, choices):
        return self.random.choice(choices)

    def say(self, *words):
        self.lines.append(" ".join(str(word) for word in words))
        self.left -= 1

    def region(self):
        """ID and pages of a region, or of the heap."""
        if "brk" in self.liked and self.chance(0.15):
            return "B", max(1, self.heap // 4096 + 1)
        return self.pick(list(self.regions.items())) if self.regions else self.mmap()

    def part(self, pages):
        """FIRST and PAGES of a part of a region; sometimes all, sometimes more than all."""
        if self.chance(0.25):
            return 0, pages
        if self.odd():
            return self.random.randrange(pages), self.pick(ODD)
        first = self.random.randrange(pages) if self.chance(0.95) else pages
        length = self.pick(COUNTS) if self.chance(0.6) else pages - first
        if not self.chance(0.08):
            length = min(length, max(pages - first, 1))
        return first, length

    def address(self, pages):
        base, below = self.pick(BASES), min(pages, 2000) * 4096
        return base + self.pick([0, 0, 4096, 20480, 409600, -below, -20480])

    def run(self):
        self.mmap()
        while self.left > 0:
            names, weights = zip(*self.liked.items())
            getattr(self, self.random.choices(names, weights)[0])()
        return self.lines

    # ---- an operation each -----------------------------------------------------------------

    def place(self, pages):
        if self.fixed:
            return [f"fixed@{self.address(pages):#x}"]
        return [f"hint@{self.address(pages):#x}"] if self.chance(0.05) else []

    def mmap(self, *flags, prots=PROTS):
        pages, prot = self.pick(self.sizes), self.pick(prots)
        if self.odd():
            self.say("mmap", 0, self.pick(ODD), prot, *flags)
        flags = list(flags)
        for flag in ("populate", "noreserve"):
            flags += [flag] if self.chance(0.1) else []
        self.say("mmap", self.next, pages, prot, *flags, *self.place(pages))
        self.regions[self.next] = pages
        self.next += 1
        if self.huge_pages and pages >= 512 and self.chance(0.8):
            self.say("madv", self.next - 1, 0, pages, "hugepage")
        while len(self.regions) > 12:
            self.regions.pop(self.pick(list(self.regions)))
        return self.next - 1, pages

    def noreplace(self):
        """Where it fails, the region stays what it was."""
        region, pages = self.region()
        if region != "B":
            pages = self.pick(self.sizes)
            self.say("mmap", region, pages, "rw", f"noreplace@{self.address(pages):#x}")

    def shared(self):
        self.mmap("shared")

    def file(self):
        """Always a warm one: how much a cold one reads ahead is every disk's own affair."""
        name = self.pick(["FILE16", "FILE64", "FILE300"])
        flags = ["shared"] if self.chance(0.4) else []
        if f"warmfile {name}" not in self.lines:
            self.say("warmfile", name)
        flags += [f"off={self.random.randrange(64)}"] if self.chance(0.3) else []
        self.mmap(f"file={name}", *flags)

    def truncate(self):
        """A file that grew again would be cold."""
        files = [line.split()[1] for line in self.lines if line.startswith("warmfile")]
        if files:
            name = self.pick(files)
            self.say("truncate", name, self.pick([0, 1, 5, 16, 40, 64]))
            self.say("warmfile", name)

    def munmap(self):
        region, pages = self.region()
        if region != "B":
            self.say("munmap", region, *self.part(pages))

    def mprot(self):
        region, pages = self.region()
        self.say("mprot", region, *self.part(pages), self.pick(PROTS))

    def madv(self):
        region, pages = self.region()
        self.say("madv", region, *self.part(pages), self.pick(self.advice))

    def mremap(self):
        region, pages = self.region()
        if region == "B":
            return
        new = self.pick([pages, pages + 1, pages * 2, max(1, pages // 2), self.pick(self.sizes)])
        old = pages if self.chance(0.9) else self.random.randrange(pages + 2)
        flags = self.pick([0, 1, 1, 1, 3, 3, 5, 7])
        if self.odd():
            old, new, flags = self.pick([0, old]), self.pick(ODD + [new]), self.random.randrange(8)
        if flags & 4 and self.chance(0.9):
            new = old
        place = [f"{self.address(new):#x}"] if flags & 2 else []
        self.say("mremap", region, old, new, flags, *place)
        self.regions[region] = max(new, 1)

    def brk(self):
        change = self.pick(BREAKS) if not self.odd() else self.pick([1 << 40, 1 << 46])
        if self.chance(0.35):
            change = -min(change, self.heap) if self.chance(0.95) else -change
        self.say("brk", f"{change:+d}")
        self.heap = max(0, self.heap + change)

    def mincore(self):
        region, pages = self.region()
        self.say("mincore", region, *self.part(pages))

    def mlock(self):
        region, pages = self.region()
        self.say("mlock", region, *self.part(pages))

    def munlock(self):
        region, pages = self.region()
        self.say("munlock", region, *self.part(pages))

    def mlockall(self):
        """After a fork the runner's own pages are its own again, other than in the simulator."""
        flags = [2, 6] if "fork" in self.liked or "forkhold" in self.liked else [1, 2, 3, 5, 6, 7]
        self.say("mlockall", self.pick(flags))

    def munlockall(self):
        self.say("munlockall")

    def zread(self):
        region, pages = self.region()
        self.say("zread", region, *self.part(pages))

    def stack(self):
        skip = self.pick([[], [], [20], [60], [400], [2040], [2100]])
        self.say("stack", self.pick([1, 3, 40, 100]), self.pick("rw"), *skip)

    def poke(self):
        self.say("poke", f"{self.address(1):#x}", self.pick("rw"))

    def touch(self):
        region, pages = self.region()
        first, count = self.part(pages)
        count = min(count, 2000)
        stride = self.pick([1, 1, 1, 2, 3])
        if self.chance(0.05):
            first, stride = first + count, -1
        self.say("touch", region, first, count, stride, self.pick("rww"))

    def pattern(self):
        region, pages = self.region()
        if pages >= 4:
            self.say("pattern", region, 0, min(pages, 1 << 20), self.pick(PATTERNS),
                     self.pick([100, 500]), self.random.randrange(100),
                     self.pick([0, 20, 50, 100]))  # fmt: skip

    def fork(self, word="fork"):
        if self.depth == 2:
            return
        regions, heap, held = dict(self.regions), self.heap, self.held
        self.say(word)
        self.depth += 1
        self.held = 0
        for _ in range(self.random.randrange(6)):
            names, weights = zip(*self.liked.items())
            getattr(self, self.random.choices(names, weights)[0])()
        self.say("endfork")
        self.depth -= 1
        self.regions, self.heap, self.held = regions, heap, held

    def forkhold(self):
        if self.held > 0 and self.chance(0.5):
            self.say("reap")
            self.held -= 1
        elif self.depth < 2:
            self.fork("forkhold")
            self.held += 1


def random_script(seed, lines=70, huge_pages=False):
    return Script(seed, lines, huge_pages).run()


if __name__ == "__main__":
    print("\n".join(random_script(int(sys.argv[1]), *map(int, sys.argv[2:3]))))
