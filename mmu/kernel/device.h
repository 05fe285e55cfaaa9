/* device.h - the one disk: requests are served one at a time, in the order of their arrival.
 *
 *   completion = max(now, busy until) + service time
 *
 * So the time of completion is known when a request is made, and no event is needed for it.
 * On average there are (io_busy_ns + io_queue_ns) / time requests at the device (Little's law).
 */
#ifndef FAULTLINE_DEVICE_H
#define FAULTLINE_DEVICE_H

#include "faultline/counters.h"
#include "faultline/types.h"

typedef struct Device {
    Tick read_ns, write_ns;
    Tick busy_until;
} Device;

/* Queue a request for one page; when it will be complete.  Counted in the machine's counters. */
static inline Tick device_submit(Device *device, Tick now, Access access, Counters *machine) {
    Tick service = access == ACCESS_WRITE ? device->write_ns : device->read_ns;
    Tick start = now > device->busy_until ? now : device->busy_until;
    device->busy_until = start + service;
    machine->io_busy_ns += service;
    machine->io_queue_ns += start - now;
    *(access == ACCESS_WRITE ? &machine->io_writes : &machine->io_reads) += 1;
    return device->busy_until;
}

#endif
