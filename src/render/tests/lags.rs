//! Two releases, and what the later one brings.

use super::sample::lag;
use crate::conformance::Lag;

pub(super) const GL1: &[&str] = &[
    "bash-4.4.20-4.el8_6.x86_64",
    "compat-openssl10-1:1.0.2o-4.el8_6.x86_64",
    "curl-7.61.1-33.el8.x86_64",
    "glibc-2.28-236.0.1.el8.7.i686",
    "glibc-2.28-236.0.1.el8.7.x86_64",
    "kernel-core-4.18.0-477.10.1.el8_8.x86_64",
    "kernel-core-4.18.0-513.5.1.el8_9.x86_64",
    "linux-firmware-999:20230824-999.26.git0e048b06.el8.noarch",
    "nodejs-1:18.18.2-1.module+el8.9.0+90108+ab129f2d.x86_64",
    "openssl-libs-1:1.1.1k-9.el8_7.x86_64",
    "python3-cryptography-3.2.1-6.el8.x86_64",
    "tzdata-2023c-1.el8.noarch",
];

pub(super) const GL1_1: &[&str] = &[
    "bash-4.4.20-5.el8.x86_64",
    "curl-7.61.1-34.el8.x86_64",
    "glibc-2.28-251.0.2.el8.i686",
    "glibc-2.28-251.0.2.el8.x86_64",
    "kernel-core-4.18.0-513.5.1.el8_9.x86_64",
    "kernel-core-4.18.0-553.16.1.el8_10.x86_64",
    "libzstd-1.4.4-1.0.1.el8.x86_64",
    "linux-firmware-999:20240610-999.34.git90df68d2.el8.noarch",
    "nodejs-1:18.20.4-1.module+el8.10.0+90362+f2dc3a24.x86_64",
    "openssl-libs-1:1.1.1k-12.el8_9.x86_64",
    "python3-cryptography-3.2.1-5.el8.x86_64",
    "tzdata-2024a-1.0.1.el8.noarch",
];

/// What GL1.1 brings to an instance that holds GL1.
pub(super) fn whole_move() -> Vec<Lag> {
    vec![
        lag("bash-4.4.20-4.el8_6.x86_64", "bash-4.4.20-5.el8.x86_64"),
        lag("curl-7.61.1-33.el8.x86_64", "curl-7.61.1-34.el8.x86_64"),
        lag("glibc-2.28-236.0.1.el8.7.i686", "glibc-2.28-251.0.2.el8.i686"),
        lag("glibc-2.28-236.0.1.el8.7.x86_64", "glibc-2.28-251.0.2.el8.x86_64"),
        lag("kernel-core-4.18.0-513.5.1.el8_9.x86_64", "kernel-core-4.18.0-553.16.1.el8_10.x86_64"),
        lag(
            "linux-firmware-999:20230824-999.26.git0e048b06.el8.noarch",
            "linux-firmware-999:20240610-999.34.git90df68d2.el8.noarch",
        ),
        lag(
            "nodejs-1:18.18.2-1.module+el8.9.0+90108+ab129f2d.x86_64",
            "nodejs-1:18.20.4-1.module+el8.10.0+90362+f2dc3a24.x86_64",
        ),
        lag("openssl-libs-1:1.1.1k-9.el8_7.x86_64", "openssl-libs-1:1.1.1k-12.el8_9.x86_64"),
        lag("tzdata-2023c-1.el8.noarch", "tzdata-2024a-1.0.1.el8.noarch"),
    ]
}
