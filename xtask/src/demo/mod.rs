//! `cargo xtask demo`: a local page to draw digits on, which shows what a network makes of them while it learns.
//!
//! [`serve`] takes connections, [`routes`] says what is answered to whom, [`mind`] is the thread that owns the
//! network and answers with it, [`training`] the one that trains. [`drawing`] is what is drawn; [`drawn`] are
//! 200 drawings to measure by.

mod answer;
pub mod drawing;
pub mod drawn;
mod mind;
mod nearest;
mod net;
mod page;
mod pictures;
mod routes;
mod serve;
mod training;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::failure::Failure;
use crate::mnist::device;
use crate::mnist::network::Network;
use crate::mnist::settings::Settings;
use crate::say::say;
pub use net::Net;
use routes::App;
use training::Training;

/// Draw digits on a local page and see what a network makes of them, layer by layer, while it learns.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The weights to answer with, a file that `cargo xtask mnist` left [default: train from the start]
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// The port to listen on, on this machine only; 0 takes any that is free
    #[arg(long, value_name = "N", default_value_t = 8642)]
    pub port: u16,
    /// The network that the page trains [default: that of --model, else cnn]
    #[arg(long, value_enum)]
    pub network: Option<Network>,
    /// Passes over the training images [default: 5, for resnet18 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub epochs: Option<u16>,
    /// Train on the first N images only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub limit: Option<u32>,
    /// Where the page's training computes: cpu, vulkan, vulkan:N or vulkan:NAME [default: cpu]
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<String>,
    /// Say how many of 200 digits drawn as strokes the --model gets right, and end
    #[arg(long, requires = "model")]
    pub drawn: bool,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask demo                                            trains while you draw
  cargo xtask demo --model runs/mnist/model.safetensors       answers with a trained network
  cargo xtask demo --model runs/mnist/model.safetensors --drawn

The page is for this machine only: it listens on the loopback, and nothing in it needs a network.";

/// Serves the page until the program is stopped.
pub fn run(args: &Args) -> Result<(), Failure> {
    if args.drawn
        && let Some(path) = &args.model
    {
        drawn::measure(&Net::read(path)?);
        return Ok(());
    }
    let running = start(args)?;
    say(format_args!("draw on http://{}/", running.address));
    say("Ctrl-C ends it");
    running.wait();
    Ok(())
}

/// A demo that runs on threads of its own until it is dropped.
pub struct Running {
    pub address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
    training: Arc<Training>,
}

/// Starts what the arguments say.
pub fn start(args: &Args) -> Result<Running, Failure> {
    let net = args.model.as_deref().map(Net::read).transpose()?;
    let kind = args.network.or(net.as_ref().map(|net| net.kind));
    let kind = kind.unwrap_or(Network::Cnn);
    let mut settings = Settings::usual(kind);
    settings.epochs = args.epochs.map_or(settings.epochs, usize::from);
    settings.limit = args.limit.map(|limit| limit as usize);
    if let Some(device) = &args.device {
        settings.device.clone_from(device);
    }
    let device = device::open(&settings.device)?;
    let digits = settings.data()?;
    let known = digits.train.clone();
    let refused = |e| {
        let port = args.port;
        Failure::input(format!(
            "--port {port}: {e}; another one, or 0 for any that is free, may help"
        ))
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let untrained = net.is_none();
    let training = Arc::new(Training::new(settings, device, digits));
    let mind = mind::spawn(
        net.unwrap_or_else(|| Net::fresh(kind)),
        known,
        training.clone(),
    );
    let app = Arc::new(App::new(mind, training.clone(), args.model.clone()));
    if untrained {
        training.start().map_err(Failure::check)?;
    }
    let (end, ended) = oneshot::channel();
    let server = thread::spawn(move || {
        if let Err(e) = serve::run(listener, app, ended) {
            crate::say::complain(format_args!("error: the page can't be served: {e}"));
        }
    });
    Ok(Running {
        address,
        end: Some(end),
        server: Some(server),
        training,
    })
}

impl Running {
    /// The network that it has trained so far.
    pub fn net(&self) -> Option<Net> {
        let newer = self.training.newer(0)?;
        let net = Net::fresh(newer.kind);
        net.adopt(&newer.state).ok()?;
        Some(net)
    }

    /// Waits for the server, which ends with the program only.
    fn wait(mut self) {
        if let Some(server) = self.server.take() {
            // Whatever ended it was told.
            let _ = server.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            let _ = end.send(());
        }
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
        self.training.stop();
        self.training.join();
    }
}
