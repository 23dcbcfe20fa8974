//! The thread that owns the network and answers with it.

use std::sync::Arc;
use std::thread;

use hammerhead::datasets::ImageSet;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use super::answer::{Answer, Weights};
use super::drawing::Drawing;
use super::net::Net;
use super::training::Training;

/// Questions that may wait; who asks when as many do is asked to come back.
const WAITING: usize = 16;

/// Something to find out, and where the answer's JSON goes.
pub struct Question {
    pub about: About,
    pub reply: oneshot::Sender<String>,
}

/// What is asked.
pub enum About {
    Drawing(Drawing),
    Weights,
}

/// Starts the thread; it ends when nobody can ask any more.
pub fn spawn(net: Net, known: ImageSet, training: Arc<Training>) -> mpsc::Sender<Question> {
    let (sender, mut questions) = mpsc::channel::<Question>(WAITING);
    thread::spawn(move || {
        let (mut net, mut version) = (net, 0);
        while let Some(Question { about, reply }) = questions.blocking_recv() {
            // Who asked may have gone.
            if reply.is_closed() {
                continue;
            }
            if let Some(newer) = training.newer(version) {
                if net.kind != newer.kind {
                    net = Net::fresh(newer.kind);
                }
                // Weights of the same network always fit.
                if net.adopt(&newer.state).is_ok() {
                    version = newer.version;
                }
            }
            let answer = match about {
                About::Drawing(drawing) => json(&Answer::to(&drawing, &net, &known)),
                About::Weights => json(&Weights::of(&net)),
            };
            let _ = reply.send(answer);
        }
    });
    sender
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("numbers and names become JSON")
}
