//! Connections: how many at once, and for how long.
//!
//! One thread attends to all of them. A connection holds one of a fixed number of seats for one request; who comes
//! when all are taken waits in the system's own queue, and nobody keeps a seat for longer than a few seconds.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{sleep, timeout};

use super::routes::{self, App, Reply};

/// Connections at once.
const SEATS: usize = 64;
/// How long a client may take for its request and its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long what a client goes on sending is still read, so that it sees its answer instead of a broken connection.
const LINGER: Duration = Duration::from_secs(1);
/// The most bytes of a request's head.
const HEAD: usize = 16 << 10;

const LATE: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Serves until it is told to end.
pub fn run(listener: TcpListener, app: Arc<App>, ended: oneshot::Receiver<()>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let runtime = runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let serving = tokio::spawn(accept(listener, app));
        // The sender is dropped with the demo, if it never says so.
        let _ = ended.await;
        serving.abort();
        Ok(())
    })
}

async fn accept(listener: tokio::net::TcpListener, app: Arc<App>) {
    let seats = Arc::new(Semaphore::new(SEATS));
    loop {
        let Ok(seat) = seats.clone().acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let app = app.clone();
                tokio::spawn(async move {
                    attend(stream, app).await;
                    drop(seat);
                });
            }
            // The system is short of something that others will give back.
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

/// One connection from its first byte to its last.
async fn attend(stream: TcpStream, app: Arc<App>) {
    let heard = Arc::new(AtomicBool::new(false));
    let hearing = heard.clone();
    let service = service_fn(move |request| {
        hearing.store(true, Relaxed);
        let app = app.clone();
        let reply = async move { Ok::<Reply, Infallible>(routes::respond(&app, request).await) };
        Box::pin(reply) as Pin<Box<dyn Future<Output = _> + Send>>
    });
    let mut connection = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let served = poll_fn(|context| connection.poll_without_shutdown(context));
    let late = timeout(PATIENCE, served).await.is_err();
    let mut stream = connection.into_parts().io.into_inner();
    if late && !heard.load(Relaxed) {
        // Whoever sends its head so slowly may not read either.
        let _ = stream.try_write(LATE);
    }
    let _ = timeout(LINGER, linger(&mut stream)).await;
}

/// Says that no more comes, and reads what does.
async fn linger(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut scratch = [0; 4096];
    while stream.read(&mut scratch).await? > 0 {}
    Ok(())
}
