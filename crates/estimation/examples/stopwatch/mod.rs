//! Times of repeated runs, for the programs that measure.

use std::hint::black_box;
use std::time::Instant;

/// From here on the time that the processor has spent is precise enough, which is told tick by tick.
const LONG: f64 = 0.1;

/// Seconds of runs of `work`, ascending: five runs at least, and until `seconds` are over, but not for much longer. Of long runs it is the time
/// that the processor has spent on this thread where the system tells it (Linux), so that what else the machine does counts
/// little; of short ones, and with `threads`, the time that passed.
pub fn times<T>(seconds: f64, threads: bool, mut work: impl FnMut() -> T) -> Vec<f64> {
    let (mut times, mut total, mut long) = (Vec::new(), 0.0, !threads);
    while total < seconds || (times.len() < 5 && total < 5.0 * seconds) {
        // Asking the system takes a while and leaves caches cold: short runs are spared it.
        let (processor, begin) = (long.then(processor_seconds).flatten(), Instant::now());
        black_box(work());
        let passed = begin.elapsed().as_secs_f64();
        long = passed > LONG && !threads;
        let spent = processor.filter(|_| long).and_then(|before| processor_seconds().map(|after| after - before));
        total += passed;
        times.push(spent.filter(|&spent| spent < passed).unwrap_or(passed));
    }
    times.sort_by(f64::total_cmp);
    times
}

/// Processor time of this thread.
fn processor_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse::<f64>().ok().map(|nanoseconds| 1e-9 * nanoseconds)
}
