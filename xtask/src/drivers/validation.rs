//! The Khronos validation layer, between a program and its driver: core rules, synchronisation, and shaders
//! that check their own accesses.

use std::fs;
use std::path::Path;

use super::{Environment, debian};

/// Checks that are not on by themselves, as older and newer layers call them, and where messages go.
const SETTINGS: &str = "\
khronos_validation.enables = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT,VK_VALIDATION_FEATURE_ENABLE_GPU_ASSISTED_EXT
khronos_validation.validate_sync = true
khronos_validation.gpuav_enable = true
khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG
khronos_validation.report_flags = error,warn,perf
khronos_validation.log_filename = stdout
khronos_validation.enable_message_limit = true
khronos_validation.duplicate_message_limit = 10
";

/// The variables that put the layer above the device that a part of its name chooses.
pub fn environment(workspace: &Path, device: &str) -> Result<Environment, String> {
    let folder = workspace.join("target/drivers/validation");
    let settings = folder.join("vk_layer_settings.txt");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&settings, SETTINGS))
        .map_err(|e| format!("{}: {e}", settings.display()))?;
    Ok(vec![
        ("HAMMERHEAD_DEVICE", device.into()),
        ("VK_INSTANCE_LAYERS", "VK_LAYER_KHRONOS_validation".into()),
        ("VK_LAYER_SETTINGS_PATH", settings.into()),
    ])
}

/// Installs the layer where that may be done; whether it is there now.
pub fn install() -> bool {
    debian::install(&["vulkan-validationlayers"])
}

/// Whether a line of output is the layer's.
pub fn is_message(line: &str) -> bool {
    let kinds = ["Error", "Warning", "Performance Warning"];
    kinds
        .iter()
        .any(|kind| line.contains(&format!("Validation {kind}: [")))
}

/// Whether the layer saw what was planted for it; if not, why its silence says nothing.
pub fn caught(text: &str) -> Result<(), String> {
    let messages: Vec<&str> = text.lines().filter(|line| is_message(line)).collect();
    let planted = [
        ("race", "SYNC-HAZARD-WRITE-AFTER-WRITE"),
        ("access out of bounds", "Device address"),
    ];
    for (what, sign) in planted {
        if !messages.iter().any(|message| message.contains(sign)) {
            return Err(format!(
                "the validation layer did not see a planted {what}; install it \
                 (Debian: `apt install vulkan-validationlayers`, 1.3.239 or newer)"
            ));
        }
    }
    Ok(())
}
