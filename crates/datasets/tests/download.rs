//! Downloads from a server on the loopback interface that misbehaves on request.
#![cfg(feature = "download")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use hammerhead_datasets::{Error, Packing, Remote};
use sha2::{Digest, Sha256};

/// What the server does with one request for its content.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// Serves ranges as asked.
    Proper,
    /// Ignores ranges and sends everything.
    NoRanges,
    /// Breaks the connection after so many bytes of the body.
    BreakAfter(usize),
    /// Says 206 but begins elsewhere.
    WrongRange,
    /// Answers 404.
    Missing,
}

struct Server {
    address: String,
    /// The `Range` header of every request, empty where there was none.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves `content`; the request number `i` in the manner `manners[i]`, the rest as the last.
    fn start(content: Vec<u8>, manners: Vec<Manner>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}/file", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = requests.clone();
        std::thread::spawn(move || {
            for (i, stream) in listener.incoming().enumerate() {
                let manner = manners[i.min(manners.len() - 1)];
                // A client that hangs up early is part of the game.
                let _ = stream.and_then(|stream| answer(stream, &content, manner, &log));
            }
        });
        Server { address, requests }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }
}

fn answer(
    mut stream: TcpStream,
    content: &[u8],
    manner: Manner,
    log: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut range = String::new();
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("range: ") {
            range = value.to_owned();
        }
    }
    log.lock().expect("no panic").push(range.clone());
    let start: Option<usize> = range
        .strip_prefix("bytes=")
        .and_then(|text| text.trim_end_matches('-').parse().ok());
    let total = content.len();
    let (head, body) = match (manner, start) {
        (Manner::Missing, _) => ("404 Not Found".to_owned(), &content[..0]),
        (Manner::WrongRange, Some(_)) => (
            format!(
                "206 Partial Content\r\nContent-Range: bytes 0-{}/{total}",
                total - 1
            ),
            content,
        ),
        (Manner::Proper | Manner::BreakAfter(_), Some(start)) if start >= total => (
            format!("416 Range Not Satisfiable\r\nContent-Range: bytes */{total}"),
            &content[..0],
        ),
        (Manner::Proper | Manner::BreakAfter(_), Some(start)) => (
            format!(
                "206 Partial Content\r\nContent-Range: bytes {start}-{}/{total}",
                total - 1
            ),
            &content[start..],
        ),
        _ => ("200 OK".to_owned(), content),
    };
    write!(
        stream,
        "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    match manner {
        Manner::BreakAfter(count) => stream.write_all(&body[..count.min(body.len())]),
        _ => stream.write_all(body),
    }
}

fn content() -> Vec<u8> {
    (0..200_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn remote(servers: &[&Server]) -> Remote {
    let remote = Remote::new("data.bin", sha256(&content()));
    servers
        .iter()
        .fold(remote, |remote, server| remote.mirror(&server.address))
}

/// The file is there with the right bytes, and nothing beside it.
fn assert_only_the_file(folder: &Path) {
    assert_eq!(
        fs::read(folder.join("data.bin")).expect("the file"),
        content()
    );
    let names: Vec<_> = folder
        .read_dir()
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(names, ["data.bin"]);
}

#[test]
fn a_file_is_fetched_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let deeper = folder.path().join("a/b");
    let server = Server::start(content(), vec![Manner::Proper]);
    for _ in 0..2 {
        let path = remote(&[&server]).fetch(&deeper).expect("a good server");
        assert_eq!(path, deeper.join("data.bin"));
        assert_only_the_file(&deeper);
    }
    assert_eq!(server.requests(), [""]);
}

#[test]
fn a_broken_download_goes_on_where_it_broke() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(
        content(),
        vec![
            Manner::BreakAfter(70_000),
            Manner::BreakAfter(30_000),
            Manner::Proper,
        ],
    );
    remote(&[&server])
        .fetch(folder.path())
        .expect("a server that gets there");
    assert_only_the_file(folder.path());
    assert_eq!(server.requests(), ["", "bytes=70000-", "bytes=100000-"]);
}

#[test]
fn a_part_of_an_earlier_run_is_used() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("data.bin.part"), &content()[..150_000])
        .expect("a writable folder");
    let server = Server::start(content(), vec![Manner::Proper]);
    remote(&[&server])
        .fetch(folder.path())
        .expect("a good server");
    assert_only_the_file(folder.path());
    assert_eq!(server.requests(), ["bytes=150000-"]);
}

#[test]
fn a_whole_part_needs_no_byte_more() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("data.bin.part"), content()).expect("a writable folder");
    let server = Server::start(content(), vec![Manner::Proper]);
    remote(&[&server])
        .fetch(folder.path())
        .expect("a good server");
    assert_only_the_file(folder.path());
    assert_eq!(server.requests(), ["bytes=200000-"]);
}

#[test]
fn a_part_of_another_file_is_thrown_away() {
    for foreign in [vec![9; 1000], vec![9; 300_000]] {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("data.bin.part"), &foreign).expect("a writable folder");
        let server = Server::start(content(), vec![Manner::Proper]);
        remote(&[&server])
            .fetch(folder.path())
            .expect("a good server");
        assert_only_the_file(folder.path());
        assert_eq!(
            server.requests(),
            [format!("bytes={}-", foreign.len()), String::new()]
        );
    }
}

#[test]
fn a_server_without_ranges_starts_over() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("data.bin.part"), &content()[..1000]).expect("a writable folder");
    let server = Server::start(content(), vec![Manner::NoRanges]);
    remote(&[&server])
        .fetch(folder.path())
        .expect("a plain server");
    assert_only_the_file(folder.path());
}

#[test]
fn the_next_mirror_helps_and_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = Server::start(content(), vec![Manner::BreakAfter(60_000), Manner::Missing]);
    let missing = Server::start(content(), vec![Manner::Missing]);
    let confused = Server::start(content(), vec![Manner::WrongRange]);
    let good = Server::start(content(), vec![Manner::Proper]);
    remote(&[&broken, &missing, &good])
        .fetch(folder.path())
        .expect("a good server at last");
    assert_only_the_file(folder.path());
    assert_eq!(good.requests(), ["bytes=60000-"]);

    let folder = tempfile::tempdir().expect("a folder");
    let broken = Server::start(content(), vec![Manner::BreakAfter(60_000), Manner::Missing]);
    let good = Server::start(content(), vec![Manner::Proper]);
    remote(&[&broken, &confused, &good])
        .fetch(folder.path())
        .expect("a good server at last");
    assert_only_the_file(folder.path());
    assert_eq!(good.requests(), [""]);
}

#[test]
fn packed_files_are_checked_and_kept_unpacked() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(
        packed(&content()),
        vec![Manner::BreakAfter(10_000), Manner::Proper],
    );
    remote(&[&server])
        .packing(Packing::Gzip)
        .fetch(folder.path())
        .expect("a good server");
    assert_only_the_file(folder.path());
}

#[test]
fn wrong_bytes_never_get_the_name() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("data.bin"), b"an older version").expect("a writable folder");
    let wrong = Server::start(b"wrong".to_vec(), vec![Manner::Proper]);
    let error = remote(&[&wrong])
        .fetch(folder.path())
        .expect_err("wrong bytes");
    assert!(matches!(error, Error::Download { .. }));
    let expected = format!(
        "data.bin: no mirror delivered it:\n  {}: sent other bytes: expected SHA-256 {}, found {}\n\
         help: check the connection, or put the file at {} yourself",
        wrong.address,
        sha256(&content()),
        sha256(b"wrong"),
        folder.path().join("data.bin").display(),
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(
        fs::read(folder.path().join("data.bin")).expect("the old file"),
        b"an older version"
    );

    let error = remote(&[&wrong])
        .packing(Packing::Gzip)
        .fetch(folder.path())
        .expect_err("no gzip file");
    assert!(error.to_string().contains("cannot be unpacked"), "{error}");

    let good = Server::start(content(), vec![Manner::Proper]);
    remote(&[&wrong, &good])
        .fetch(folder.path())
        .expect("a good server at last");
    assert_only_the_file(folder.path());
}

#[test]
fn too_much_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = Server::start(content(), vec![Manner::Proper]);
    let error = remote(&[&plain])
        .limit(1000)
        .fetch(folder.path())
        .expect_err("too much");
    assert!(
        error.to_string().contains("sent more than 1000 bytes"),
        "{error}"
    );
    let bomb = Server::start(packed(&vec![0; 5_000_000]), vec![Manner::Proper]);
    let remote = remote(&[&bomb]).packing(Packing::Gzip).limit(100_000);
    let error = remote.fetch(folder.path()).expect_err("too much");
    assert!(
        error
            .to_string()
            .contains("unpacks to more than 100000 bytes"),
        "{error}"
    );
}

#[test]
fn a_dead_address_and_no_address_say_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let dead = format!(
        "http://{}/file",
        address.expect("a port that is free again")
    );
    let remote = Remote::new("data.bin", sha256(b""));
    let error = remote
        .clone()
        .mirror(&dead)
        .fetch(folder.path())
        .expect_err("nobody listens");
    assert!(error.to_string().contains(&dead), "{error}");
    let error = remote.fetch(folder.path()).expect_err("nobody to ask");
    assert!(error.to_string().contains("no address is known"), "{error}");
}

#[test]
fn two_at_once_take_turns() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(content(), vec![Manner::Proper]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                remote(&[&server])
                    .fetch(folder.path())
                    .expect("a good server")
            });
        }
    });
    assert_only_the_file(folder.path());
    assert_eq!(server.requests().len(), 1);
}
