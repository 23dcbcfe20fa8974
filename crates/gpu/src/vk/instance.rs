//! The loader, and the devices that the installed drivers offer.

use std::sync::{Arc, OnceLock};

use hammerhead_tensor::{Error, ErrorKind, Result};
use vulkano::Version;
use vulkano::device::physical::{PhysicalDevice, PhysicalDeviceType};
use vulkano::instance::{Instance, InstanceCreateFlags, InstanceCreateInfo, InstanceExtensions};
use vulkano::library::DynamicLibraryLoader;
use vulkano::memory::MemoryHeapFlags;
use vulkano::{LoadingError, Validated, VulkanError, VulkanLibrary};

use super::{failure, reason};

/// What to do when nothing was found.
const HELP: &str = "install a Vulkan driver: Debian and Ubuntu `apt install libvulkan1 mesa-vulkan-drivers`, \
    Fedora `dnf install vulkan-loader mesa-vulkan-drivers`, Arch `pacman -S vulkan-icd-loader` and the driver of \
    your card, macOS `brew install vulkan-loader molten-vk`; Windows drivers bring it";

/// A physical device.
#[derive(Clone, Debug)]
pub(crate) struct Adapter {
    pub(crate) physical: Arc<PhysicalDevice>,
}

/// All devices of all drivers, in the loader's order.
pub(crate) fn adapters() -> Result<Vec<Adapter>> {
    let found = instance()?
        .enumerate_physical_devices()
        .map_err(|why| failure("the drivers can't be listed", why))?
        .map(|physical| Adapter { physical })
        .collect::<Vec<_>>();
    if found.is_empty() {
        return Err(no_driver());
    }
    Ok(found)
}

fn no_driver() -> Error {
    let message = format!("vulkan: the loader is there, but no driver; {HELP}");
    Error::new(ErrorKind::Device, message)
}

/// One instance for the whole process: drivers are loaded once.
fn instance() -> Result<Arc<Instance>> {
    static INSTANCE: OnceLock<Result<Arc<Instance>>> = OnceLock::new();
    INSTANCE.get_or_init(open).clone()
}

/// The loader; on a Mac also Homebrew's, in a folder where programs do not look by themselves.
fn library() -> Result<Arc<VulkanLibrary>, LoadingError> {
    VulkanLibrary::new().or_else(|why| {
        if !cfg!(target_os = "macos") {
            return Err(why);
        }
        // SAFETY: the library of this name is the Khronos loader.
        let loader = unsafe { DynamicLibraryLoader::new("/opt/homebrew/lib/libvulkan.dylib") };
        VulkanLibrary::with_loader(loader.map_err(|_| why)?)
    })
}

fn open() -> Result<Arc<Instance>> {
    let library = library().map_err(|why| {
        let why = reason(&why);
        let message = format!("vulkan: no loader on this machine ({why}); {HELP}");
        Error::new(ErrorKind::Device, message)
    })?;
    let enabled_extensions = InstanceExtensions {
        khr_portability_enumeration: library.supported_extensions().khr_portability_enumeration,
        ..InstanceExtensions::empty()
    };
    let info = InstanceCreateInfo {
        // MoltenVK is listed only on request.
        flags: InstanceCreateFlags::ENUMERATE_PORTABILITY,
        application_name: Some("hammerhead".into()),
        max_api_version: Some(Version::V1_3),
        enabled_extensions,
        ..Default::default()
    };
    Instance::new(library, info).map_err(|why| match why {
        // What a loader says that knows of no driver.
        Validated::Error(VulkanError::IncompatibleDriver) => no_driver(),
        why => failure("the loader refused", why),
    })
}

impl Adapter {
    /// The device's own name.
    pub(crate) fn name(&self) -> &str {
        &self.physical.properties().device_name
    }

    /// The driver, as it calls itself, and its version.
    pub(crate) fn driver(&self) -> String {
        let facts = self.physical.properties();
        let name = facts.driver_name.as_deref().unwrap_or("unknown driver");
        match facts.driver_info.as_deref() {
            Some(info) if !info.is_empty() => format!("{name} {info}"),
            _ => name.to_owned(),
        }
    }

    /// `discrete gpu`, `integrated gpu`, `cpu`, ...
    pub(crate) fn kind(&self) -> &'static str {
        match self.physical.properties().device_type {
            PhysicalDeviceType::DiscreteGpu => "discrete gpu",
            PhysicalDeviceType::IntegratedGpu => "integrated gpu",
            PhysicalDeviceType::VirtualGpu => "virtual gpu",
            PhysicalDeviceType::Cpu => "software",
            _ => "other",
        }
    }

    /// The better, the smaller: how a device is chosen when none is asked for.
    pub(crate) fn order(&self) -> u32 {
        match self.physical.properties().device_type {
            PhysicalDeviceType::DiscreteGpu => 0,
            PhysicalDeviceType::IntegratedGpu => 1,
            PhysicalDeviceType::VirtualGpu => 2,
            PhysicalDeviceType::Cpu => 4,
            _ => 3,
        }
    }

    /// Bytes of memory that belong to the device.
    pub(crate) fn memory(&self) -> u64 {
        let heaps = &self.physical.memory_properties().memory_heaps;
        let local = heaps
            .iter()
            .filter(|heap| heap.flags.intersects(MemoryHeapFlags::DEVICE_LOCAL));
        local.map(|heap| heap.size).sum()
    }

    /// What is missing for this crate's shaders, if anything.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        let features = self.physical.supported_features();
        if self.physical.api_version() < Version::V1_2 {
            return Some("Vulkan 1.2");
        }
        if !features.buffer_device_address {
            return Some("buffer device addresses");
        }
        (!features.timeline_semaphore).then_some("timeline semaphores")
    }
}
