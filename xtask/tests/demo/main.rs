//! `cargo xtask demo` as a stranger meets it: right answers to right questions, the right refusal of everything else,
//! and the same server for others meanwhile.

mod server;

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::{Answer, Demo, xtask};

/// A one in the middle of the sheet.
fn one() -> Value {
    json!({"strokes": [[[0.5, 0.2], [0.5, 0.8]]], "pen": 0.08})
}

#[test]
fn questions_are_answered() {
    let demo = Demo::start();
    let page = demo.get("/");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<h1>Draw a digit</h1>"));
    for part in [
        "content-security-policy: default-src 'none';",
        "frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "cache-control: no-store",
        "connection: close",
    ] {
        assert!(page.head.contains(part), "{part}: {}", page.head);
    }
    let head = demo.ask("HEAD", "/", "", "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));

    let answer = demo.post("/answer", &one()).json();
    let shares: Vec<f64> = serde_json::from_value(answer["probabilities"].clone()).unwrap();
    assert_eq!(shares.len(), 10);
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-6);
    let guess = answer["guess"].as_u64().unwrap() as usize;
    assert!(shares.iter().all(|share| *share <= shares[guess]));
    assert_eq!(answer["digit"]["width"], 28);
    let nearest = answer["nearest"].as_array().unwrap();
    assert_eq!(nearest.len(), 8);
    // The nearest of thousands of digits to a straight line are ones, whatever the network thinks.
    assert!(nearest.iter().all(|one| one["label"] == 1), "{nearest:?}");
    let layers = answer["layers"].as_array().unwrap();
    let paths: Vec<&Value> = layers.iter().map(|layer| &layer["path"]).collect();
    assert_eq!(paths, ["hidden.0", "out"]);
    assert_eq!(layers[0]["shape"], json!([256]));

    let weights = demo.get("/weights").json();
    assert_eq!(weights["name"], "hidden.0.weight");
    assert_eq!(weights["pictures"].as_array().unwrap().len(), 32);
    assert_eq!(weights["pictures"][0]["width"], 28);

    let before = demo.get("/training").json();
    assert_eq!(
        (&before["running"], &before["steps"]),
        (&json!(false), &json!(0))
    );
    assert!(
        before["file"]
            .as_str()
            .unwrap()
            .ends_with("model.safetensors")
    );
}

#[test]
fn a_run_is_started_watched_and_stopped() {
    let demo = Demo::start();
    let weights = demo.get("/weights").body;
    let wish = |action: &str| demo.post("/training", &json!({"action": action}));
    assert_eq!(wish("start").json()["running"], true);
    let again = wish("start");
    assert_eq!(again.status, 409, "{}", again.body);
    let end = |wanted: &dyn Fn(&Value) -> bool| {
        let start = Instant::now();
        loop {
            let report = demo.get("/training").json();
            if wanted(&report) {
                return report;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "{report}");
            thread::sleep(Duration::from_millis(20));
        }
    };
    let done = end(&|report| report["running"] == false);
    assert_eq!((&done["step"], &done["steps"]), (&json!(100), &json!(100)));
    assert_eq!(done["losses"].as_array().unwrap().len(), 100);
    let accuracy = done["accuracies"][0].as_f64().unwrap();
    assert!(accuracy > 0.8, "{accuracy}");
    assert_ne!(
        demo.get("/weights").body,
        weights,
        "it answers with the old weights"
    );
    assert_eq!(demo.post("/answer", &one()).json()["guess"], 1);

    wish("start").json();
    end(&|report| report["step"].as_u64().unwrap() > 0);
    wish("stop").json();
    let stopped = end(&|report| report["running"] == false);
    assert!(stopped["error"].is_null(), "{stopped}");
    // A run that ends before it is stopped is no mistake either.
    assert!(stopped["step"].as_u64().unwrap() <= 100);
    assert_eq!(wish("stop").status, 200);
}

#[test]
fn what_is_wrong_is_refused_with_its_status() {
    let demo = Demo::start();
    let host = &demo.address;
    let raw = |request: &str, status: &[u16]| {
        let answer = demo.send(request.replace("HOST", host).as_bytes());
        assert!(
            status.contains(&answer.status),
            "{request:.80}: {} {}",
            answer.status,
            answer.body
        );
    };
    // Whom it is for.
    raw("GET / HTTP/1.1\r\n\r\n", &[400]);
    raw("GET / HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n", &[400]);
    for host in [
        "example.org",
        "127.0.0.1.example.org",
        "10.0.0.1:80",
        "localhost@example.org",
    ] {
        raw(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"), &[421]);
    }
    raw("GET / HTTP/1.1\r\nHost: localhost:1\r\n\r\n", &[200]);
    // What is asked for.
    for path in ["/nothing", "/answer/", "/../Cargo.toml", "//", "/%2e%2e/"] {
        raw(
            &format!("GET {path} HTTP/1.1\r\nHost: HOST\r\n\r\n"),
            &[404],
        );
    }
    for (method, path) in [
        ("PUT", "/"),
        ("GET", "/answer"),
        ("DELETE", "/training"),
        ("POST", "/weights"),
    ] {
        let answer = demo.ask(method, path, "", "");
        assert_eq!(answer.status, 405, "{method} {path}");
        assert!(answer.head.contains("allow: "), "{}", answer.head);
    }
    // Who asks: a page of another site.
    let json = "Content-Type: application/json\r\n";
    let body = one().to_string();
    for (headers, status) in [
        ("", 415),
        ("Content-Type: text/plain\r\n", 415),
        ("Content-Type: application/x-www-form-urlencoded\r\n", 415),
        (&format!("{json}Origin: http://example.org\r\n"), 403),
        (&format!("{json}Origin: null\r\n"), 403),
        (&format!("{json}Origin: http://{host}\r\n"), 200),
        ("Content-Type: application/json; charset=utf-8\r\n", 200),
    ] {
        let answer = demo.ask("POST", "/answer", headers, &body);
        assert_eq!(answer.status, status, "{headers}: {}", answer.body);
    }
    // What is sent.
    for body in [
        "",
        "{",
        "[1, 2]",
        "{\"strokes\": [], \"pen\": 0.1}",
        "{\"strokes\": [[[0, 7]]], \"pen\": 0.1}",
    ] {
        let answer = demo.ask("POST", "/answer", json, body);
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert!(answer.body.starts_with("{\"error\":"), "{}", answer.body);
    }
    assert_eq!(
        demo.ask("POST", "/answer", json, &"[".repeat(100_000))
            .status,
        400
    );
    assert_eq!(
        demo.ask("POST", "/training", json, "{\"action\": \"explode\"}")
            .status,
        400
    );
    // How much of it.
    let large = "x".repeat(8 << 20);
    assert_eq!(demo.ask("POST", "/answer", json, &large).status, 413);
    let chunk = format!("{:x}\r\n{large}\r\n", large.len());
    raw(
        &format!(
            "POST /answer HTTP/1.1\r\nHost: HOST\r\n{json}Transfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n"
        ),
        &[413],
    );
    let header = format!("X-Long: {}\r\n", "x".repeat(100_000));
    assert_eq!(demo.ask("GET", "/", &header, "").status, 431);
    raw(
        &format!(
            "GET /{} HTTP/1.1\r\nHost: HOST\r\n\r\n",
            "x".repeat(100_000)
        ),
        &[414, 431],
    );
    // What is no HTTP at all.
    raw("\u{16}\u{3}\u{1}\r\n\r\n", &[400]);
    raw("GET / HTTP/1.1\r\nHost: HOST\r\nno colon\r\n\r\n", &[400]);
    raw(
        "POST /answer HTTP/1.1\r\nHost: HOST\r\nContent-Length: -1\r\n\r\n",
        &[400],
    );
    assert_eq!(demo.get("/").status, 200);
}

#[test]
fn slow_and_many_clients_keep_nobody_from_an_answer() {
    let demo = Demo::start();
    // More of the slow than there are seats: some that say nothing, some in the middle of a head or a body.
    let head = format!(
        "POST /answer HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{{",
        demo.address
    );
    let starts = ["", "GET / HT", &head];
    let mut slow: Vec<TcpStream> = (0..120)
        .map(|i| {
            let mut stream = demo.connect();
            stream.write_all(starts[i % 3].as_bytes()).unwrap();
            stream
        })
        .collect();
    let start = Instant::now();
    assert_eq!(demo.get("/").status, 200);
    assert!(
        start.elapsed() < Duration::from_secs(40),
        "{:?}",
        start.elapsed()
    );
    let statuses: Vec<u16> = slow
        .iter_mut()
        .map(|stream| Answer::read(stream).status)
        .collect();
    assert!(statuses.iter().all(|status| *status == 408), "{statuses:?}");

    // Many at once: each is answered, or asked to come back.
    let answers: Vec<u16> = thread::scope(|scope| {
        let clients: Vec<_> = (0..50)
            .map(|_| scope.spawn(|| [0; 4].map(|_| demo.post("/answer", &one()).status)))
            .collect();
        clients
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect()
    });
    assert!(
        answers.iter().all(|status| [200, 503].contains(status)),
        "{answers:?}"
    );
    assert!(answers.contains(&200));
    // Some that go away before they are answered, or send only half of what they promise.
    for i in 0..100 {
        let mut stream = demo.connect();
        stream.write_all(starts[i % 3].as_bytes()).unwrap();
        let _ = stream.shutdown(if i % 2 == 0 {
            Shutdown::Both
        } else {
            Shutdown::Write
        });
    }
    assert_eq!(demo.post("/answer", &one()).status, 200);
    #[cfg(target_os = "linux")]
    {
        let cores = thread::available_parallelism().unwrap().get() as u64;
        let threads = demo.note("Threads:");
        assert!(threads <= 8 + 2 * cores, "{threads} threads");
        let kilobytes = demo.note("VmRSS:");
        assert!(kilobytes < 1 << 20, "{kilobytes} kB");
    }
}

#[test]
fn what_can_not_be_used_is_told_before_anything_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str], part: &str| {
        let output = xtask(&[&["demo"], arguments].concat()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.starts_with("error: ") && text.contains(part), "{text}");
    };
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    refused(&["--model", &file("none")], "--model: ");
    std::fs::write(file("text"), "no weights").unwrap();
    refused(&["--model", &file("text")], "not a valid safetensors file");
    let other = Path::new(&file("other")).to_path_buf();
    let state = [("weight".to_owned(), hammerhead::tensor::Tensor::zeros([3]))];
    hammerhead::nn::save_file(&other, &state, &[]).unwrap();
    refused(
        &["--model", &file("other")],
        "none of the networks cnn, mlp, small, resnet18",
    );
    refused(&["--device", "abacus"], "--device abacus: ");
    refused(&["--drawn"], "--model <FILE>");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    refused(&["--port", &port], &format!("--port {port}: "));
}
