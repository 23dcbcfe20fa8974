//! What the digits of a training depend on besides its seed.

/// The processor's architecture and the widest instructions that the library's kernels use there. Sums are cut
/// where these end, so that the last digits of a sum, and after many steps all but the first of a training, are
/// those of one such name.
pub fn kind() -> String {
    format!("{} {}", std::env::consts::ARCH, instructions())
}

#[cfg(target_arch = "x86_64")]
fn instructions() -> &'static str {
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    if avx512 && is_x86_feature_detected!("fma") {
        "avx512"
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        "avx2"
    } else {
        "base"
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn instructions() -> &'static str {
    "base"
}
