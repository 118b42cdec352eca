//! Says how the released program is linked: without the tables that unwinding takes, since it does not unwind (`panic =
//! "abort"`), and with functions of the same code as one. That is an eighth of the binary. A panic still tells its message and
//! place; only its list of frames is empty.
//!
//! Left out: every other profile, and linkers that somebody has chosen, which need not know these words.

use std::env;
use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=.link");
    println!("cargo:rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let has = |name: &str, part: &str| env::var(name).is_ok_and(|found| found.contains(part));
    let out = env::var("OUT_DIR").unwrap_or_default();
    // <target>/release/build/<package>/out
    let released = Path::new(&out).iter().rev().nth(3).is_some_and(|profile| profile == "release");
    let chosen = has("CARGO_ENCODED_RUSTFLAGS", "fuse-ld") || has("CARGO_ENCODED_RUSTFLAGS", "linker");
    if !released || chosen || !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    // Both linkers that Rust takes by itself there, LLVM's and GNU's, know these.
    let script = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join(".link/release.ld");
    println!("cargo:rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
    println!("cargo:rustc-link-arg-bins=-Wl,-T,{}", script.display());
    // LLVM's, which is the one on this target, knows this too.
    if is("TARGET", "x86_64-unknown-linux-gnu") {
        println!("cargo:rustc-link-arg-bins=-Wl,--icf=all");
    }
}
