//! Where fetched data is kept.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::error::{Error, Result};

/// The folder where fetched data is kept: `HAMMERHEAD_DATA` if it is set, else `hammerhead` in the
/// user's cache folder.
///
/// ```
/// use hammerhead_datasets::cache_folder;
/// if let Ok(folder) = cache_folder() {
///     assert!(folder.ends_with("hammerhead") || std::env::var_os("HAMMERHEAD_DATA").is_some());
/// }
/// ```
///
/// # Errors
/// [`Error::Content`] if the environment names no home at all.
pub fn cache_folder() -> Result<PathBuf> {
    cache_folder_from(|name| env::var_os(name).filter(|value| !value.is_empty()))
}

fn cache_folder_from(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    let path = |name| variable(name).map(PathBuf::from);
    if let Some(folder) = path("HAMMERHEAD_DATA") {
        return Ok(folder);
    }
    let caches = if cfg!(windows) {
        path("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        path("HOME").map(|home| home.join("Library/Caches"))
    } else {
        path("XDG_CACHE_HOME").or_else(|| path("HOME").map(|home| home.join(".cache")))
    };
    caches
        .map(|caches| caches.join("hammerhead"))
        .ok_or_else(|| {
            Error::content(
                "cache folder",
                "a home folder in the environment",
                "none",
                "set HAMMERHEAD_DATA to the folder where data shall be kept",
            )
        })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn folder(variables: &[(&str, &str)]) -> Result<PathBuf> {
        cache_folder_from(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_variable_decides_first() {
        let folder = folder(&[("HOME", "/ada"), ("HAMMERHEAD_DATA", "/data")]);
        assert_eq!(folder.expect("a folder"), Path::new("/data"));
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn the_cache_folder_follows_the_desktop_rules() {
        let home = folder(&[("HOME", "/ada")]);
        assert_eq!(home.expect("a folder"), Path::new("/ada/.cache/hammerhead"));
        let cache = folder(&[("HOME", "/ada"), ("XDG_CACHE_HOME", "/cache")]);
        assert_eq!(cache.expect("a folder"), Path::new("/cache/hammerhead"));
    }

    #[test]
    fn no_home_is_an_error_with_help() {
        let message = folder(&[]).expect_err("no home").to_string();
        assert!(message.contains("HAMMERHEAD_DATA"), "{message}");
    }
}
