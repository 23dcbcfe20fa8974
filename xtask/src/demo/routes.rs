//! What is answered to whom.
//!
//! A page of another site may make a browser ask here: by a name that it has lead to this machine, which the `Host`
//! then says, or by a form or a script, which `Origin` and the type of the body then say. All are refused.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::drawing::Drawing;
use super::mind::{About, Question};
use super::page::Page;
use super::training::Training;

/// The most bytes of a body; a drawing of minutes has less.
const BODY: usize = 512 << 10;
/// How long a client may take to send one.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the network may take, so that a connection ends with an answer of some kind.
const ANSWER: Duration = Duration::from_secs(4);

/// What the server says.
pub type Reply = Response<Full<Bytes>>;

/// Everything that answers are made with.
pub struct App {
    page: Page,
    mind: mpsc::Sender<Question>,
    training: Arc<Training>,
    /// The file that the weights came from, as the page shows it.
    file: Option<String>,
}

impl App {
    pub fn new(
        mind: mpsc::Sender<Question>,
        training: Arc<Training>,
        file: Option<PathBuf>,
    ) -> Self {
        Self {
            page: Page::new(),
            mind,
            training,
            file: file.map(|path| path.display().to_string()),
        }
    }
}

/// A status other than 200, with what a person should know.
struct Refusal {
    status: StatusCode,
    why: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self {
            status,
            why: why.into(),
            header: None,
        }
    }

    fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, HeaderValue::from_static(value)));
        self
    }
}

/// Answers one request.
pub async fn respond(app: &App, request: Request<Incoming>) -> Reply {
    let mut reply = route(app, request).await.unwrap_or_else(|refusal| {
        let mut reply = json_reply(json!({"error": refusal.why}).to_string());
        *reply.status_mut() = refusal.status;
        reply.headers_mut().extend(refusal.header);
        reply
    });
    let fixed = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    let headers = reply.headers_mut();
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    headers.insert(header::CONTENT_SECURITY_POLICY, app.page.policy.clone());
    reply
}

async fn route(app: &App, request: Request<Incoming>) -> Result<Reply, Refusal> {
    judge_host(request.headers())?;
    // A HEAD is a GET whose answer goes without its body.
    let method = match request.method() {
        &Method::HEAD => Method::GET,
        other => other.clone(),
    };
    let not_allowed = |allow: &'static str| {
        let why = format!("{} takes {allow} only", request.uri().path());
        Refusal::new(StatusCode::METHOD_NOT_ALLOWED, why).with(header::ALLOW, allow)
    };
    match (request.uri().path(), method) {
        ("/", Method::GET) => Ok(html_reply(app.page.html.clone())),
        ("/weights", Method::GET) => ask(app, About::Weights).await,
        ("/training", Method::GET) => Ok(training(app)),
        ("/training", Method::POST) => {
            let body = body(request).await?;
            steer(app, &body)
        }
        ("/answer", Method::POST) => {
            let body = body(request).await?;
            let drawing = Drawing::read(&body);
            let drawing = drawing.map_err(|why| Refusal::new(StatusCode::BAD_REQUEST, why))?;
            ask(app, About::Drawing(drawing)).await
        }
        ("/" | "/weights", _) => Err(not_allowed("GET, HEAD")),
        ("/training", _) => Err(not_allowed("GET, HEAD, POST")),
        ("/answer", _) => Err(not_allowed("POST")),
        (path, _) => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            format!("nothing is at {path}"),
        )),
    }
}

/// Only names of this machine itself are known here.
fn judge_host(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        let why = "one Host must be named";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, why));
    };
    let text = host.to_str().unwrap_or_default();
    if !is_local(text) {
        let why = "this page is for this machine only: open it as 127.0.0.1 or localhost";
        return Err(Refusal::new(StatusCode::MISDIRECTED_REQUEST, why));
    }
    let own = format!("http://{text}");
    match headers.get(header::ORIGIN) {
        Some(origin) if origin.as_bytes() != own.as_bytes() => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "another site's page may not ask here",
        )),
        _ => Ok(()),
    }
}

/// Whether a host, with or without a port, is the loopback.
fn is_local(host: &str) -> bool {
    let end = host.rfind(']').unwrap_or(0);
    let (name, port) = match host[end..].split_once(':') {
        Some((_, port)) => (&host[..host.len() - port.len() - 1], port),
        None => (host, ""),
    };
    let known = ["127.0.0.1", "localhost", "[::1]"];
    known.iter().any(|known| name.eq_ignore_ascii_case(known))
        && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// The body of a request that says it is JSON.
async fn body(request: Request<Incoming>) -> Result<Bytes, Refusal> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    // Forms of other sites can't say this without being asked first.
    if !essence.eq_ignore_ascii_case("application/json") {
        let why = "the body must be application/json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    let too_large = || {
        let why = format!("the body may have {BODY} bytes at most");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, why)
    };
    let body = request.into_body();
    if body.size_hint().lower() > BODY as u64 {
        return Err(too_large());
    }
    match timeout(PATIENCE, Limited::new(body, BODY).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(e)) if e.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(e)) => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            format!("the body can't be read: {e}"),
        )),
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "the body did not come in time",
        )),
    }
}

/// Has the network answer, if not too many wait for it already.
async fn ask(app: &App, about: About) -> Result<Reply, Refusal> {
    let (reply, answer) = oneshot::channel();
    let gone = || {
        let why = "the network's thread has ended; the terminal says why";
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, why)
    };
    match app.mind.try_send(Question { about, reply }) {
        Ok(()) => match timeout(ANSWER, answer).await {
            Ok(Ok(text)) => Ok(json_reply(text)),
            Ok(Err(_)) => Err(gone()),
            Err(_) => {
                let busy = Refusal::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "the network is busy; try again",
                );
                Err(busy.with(header::RETRY_AFTER, "1"))
            }
        },
        Err(TrySendError::Closed(_)) => Err(gone()),
        Err(TrySendError::Full(_)) => {
            let why = "too many ask at once; try again";
            let busy = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, why);
            Err(busy.with(header::RETRY_AFTER, "1"))
        }
    }
}

/// What the page may have the training do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "action", rename_all = "lowercase")]
enum Wish {
    Start,
    Stop,
}

fn steer(app: &App, body: &[u8]) -> Result<Reply, Refusal> {
    let wish = serde_json::from_slice(body).map_err(|e| {
        let why = format!("expected {{\"action\": \"start\"}} or \"stop\": {e}");
        Refusal::new(StatusCode::BAD_REQUEST, why)
    })?;
    match wish {
        Wish::Start => app
            .training
            .start()
            .map_err(|why| Refusal::new(StatusCode::CONFLICT, why))?,
        Wish::Stop => app.training.stop(),
    }
    Ok(training(app))
}

fn training(app: &App) -> Reply {
    let mut report = json!(app.training.report());
    report["file"] = json!(app.file);
    json_reply(report.to_string())
}

fn json_reply(text: String) -> Reply {
    typed(text.into(), "application/json")
}

fn html_reply(html: Bytes) -> Reply {
    typed(html, "text/html; charset=utf-8")
}

fn typed(body: Bytes, kind: &'static str) -> Reply {
    let mut reply = Response::new(Full::new(body));
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_loopback_is_local() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8642",
            "localhost:1",
            "LOCALHOST",
            "[::1]",
            "[::1]:8642",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "",
            "example.org",
            "127.0.0.1.example.org",
            "localhost.example.org:80",
            "127.0.0.1:80@example.org",
            "[::1]x",
            "::1",
            "10.0.0.1",
            "]",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
