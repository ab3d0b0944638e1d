//! What fuzzers found worth keeping, through the same targets (see fuzz/README.md).

#[path = "../fuzz/src/lib.rs"]
#[expect(
    unreachable_pub,
    clippy::panic,
    clippy::expect_used,
    reason = "the targets are a crate of their own as well, and break laws loudly"
)]
mod targets;

use std::fs;
use std::path::Path;

#[test]
fn every_kept_input_passes_its_target() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, target) in targets::TARGETS {
        let mut inputs: Vec<_> = fs::read_dir(corpus.join(name))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "{name} has no inputs");
        for input in inputs {
            println!("{}", input.display());
            target(&fs::read(input).unwrap());
        }
        target(&[]);
    }
}
