//! From the start of the program to ready, with the bundled world and many stored itineraries, and the memory it then takes.
//!
//! usage: start `ITINERARIES`; 100,000 if not given, and as many positions beside them. Starts the program `cordon` that lies beside
//! this one: first on a data directory where areas have yet to be resolved, then again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cordon::clock::{Clock, System};
use cordon::geometry::Limits;
use cordon::live::Live;
use cordon::store::{DatabaseUrl, Store};
use cordon_benches::subjects;

/// After this the memory counts as that of an idle service.
const IDLE: Duration = Duration::from_secs(10);

fn main() {
    let itineraries: usize = std::env::args().nth(1).map_or(100_000, |n| n.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a folder");
    let regions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../regions");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(fill(folder.path(), &regions, itineraries));
    println!("{itineraries} itineraries and as many positions, SQLite, the bundled regions\n");
    println!("{:<44}{:>10}{:>12}{:>12}", "", "ready, s", "MB then", "MB idle");
    for what in ["the first start, areas yet to be resolved", "the next start"] {
        let started = Instant::now();
        let mut service = Service::start(folder.path(), &regions);
        let address = service.address();
        while !is_ready(&address) {
            std::thread::yield_now();
        }
        let ready = started.elapsed();
        let then = service.resident_mb();
        std::thread::sleep(IDLE);
        println!("{what:<44}{:>10.2}{then:>12.0}{:>12.0}", ready.as_secs_f64(), service.resident_mb());
    }
}

async fn fill(data: &Path, regions: &Path, itineraries: usize) {
    let url = format!("sqlite:{}", data.join("cordon.db").display());
    let store = Store::open(DatabaseUrl::parse(&url, data).expect("a URL")).await.expect("a database");
    let now = System.now();
    let live = Live::start(regions, Limits::default(), None, &store, now).await.expect("the data");
    subjects::fill(&store, &Arc::new(live), now, 2 * itineraries, 0).await;
    store.close().await;
}

/// The running program, killed with the value.
struct Service(Child);

impl Service {
    fn start(data: &Path, regions: &Path) -> Self {
        let program = std::env::current_exe().expect("this program").with_file_name("cordon");
        let mut command = Command::new(&program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data).arg("--regions").arg(regions);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        Self(command.spawn().unwrap_or_else(|e| panic!("{}: {e}; make build makes it", program.display())))
    }

    fn address(&mut self) -> String {
        let mut lines = BufReader::new(self.0.stdout.as_mut().expect("a pipe")).lines();
        let says = lines.find_map(|line| line.ok()?.strip_prefix("listening on http://").map(str::to_owned));
        says.expect("it says where it listens")
    }

    fn resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let kb = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
        kb.unwrap_or(f64::NAN) / 1e3
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn is_ready(address: &str) -> bool {
    let asked = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    asked().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}
