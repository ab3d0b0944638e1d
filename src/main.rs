//! Arguments, log, run, exit code.

fn main() {}
