//! Real engines over the road network of `tests/route/roads.py`: started on free ports of the loopback, ended by their own process.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cordon::geometry::Position;
use cordon::model::Mode;
use cordon::model::route::EngineAddress;
use cordon::route::Router;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// An engine that runs until it is dropped.
pub struct Engine {
    child: Child,
    pub address: EngineAddress,
    _folder: TempDir,
}

fn installed(path: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cache/engines").join(path);
    assert!(path.exists(), "{} is missing: make tools installs it", path.display());
    path
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port()
}

impl Engine {
    pub async fn valhalla() -> Self {
        let (port, folder) = (free_port(), TempDir::new().expect("a folder"));
        let text = std::fs::read_to_string(installed("roads/valhalla.json")).expect("its configuration");
        let mut config: Value = serde_json::from_str(&text).expect("JSON");
        let socket = |name: &str| format!("ipc://{}/{name}", folder.path().display());
        config["httpd"]["service"]["listen"] = format!("tcp://127.0.0.1:{port}").into();
        config["httpd"]["service"]["loopback"] = socket("loopback").into();
        config["httpd"]["service"]["interrupt"] = socket("interrupt").into();
        for part in ["loki", "thor", "odin"] {
            config[part]["service"]["proxy"] = socket(part).into();
        }
        let file = folder.path().join("valhalla.json");
        std::fs::write(&file, config.to_string()).expect("written");
        let mut command = Command::new(installed("valhalla/valhalla/bin/valhalla_service"));
        command.arg(file).arg("1");
        Self::start(command, &format!("valhalla:http://127.0.0.1:{port}"), folder).await
    }

    pub async fn osrm() -> Self {
        let (port, folder) = (free_port(), TempDir::new().expect("a folder"));
        let mut command = Command::new(installed("osrm/osrm/bin/osrm-routed"));
        command.args(["--algorithm", "ch", "--ip", "127.0.0.1", "--threads", "1", "--port", &port.to_string()]);
        command.arg(installed("roads/osrm/roads.osrm.hsgr").with_extension(""));
        Self::start(command, &format!("osrm:http://127.0.0.1:{port}"), folder).await
    }

    async fn start(mut command: Command, address: &str, folder: TempDir) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the engine starts");
        let address = EngineAddress::parse(address).expect("an address");
        let mut engine = Self { child, address, _folder: folder };
        let mut often = tokio::time::interval(Duration::from_millis(20));
        let [from, to] =
            [(11.56245, 104.91601), (12.39429, 105.07518)].map(|(lat, lon)| Position::new(lat, lon).expect("a place"));
        for _ in 0..1_000 {
            often.tick().await;
            assert!(engine.child.try_wait().expect("a state").is_none(), "the engine ended");
            let asked = Router::new(&engine.address, Duration::from_secs(1), 100).expect("a router");
            if asked.routes([from, to], Mode::Car).await.is_ok() {
                return engine;
            }
        }
        panic!("the engine does not answer");
    }

    /// Stands still: takes connections and answers nothing.
    pub fn stop(&self) {
        kill(self.pid(), Signal::SIGSTOP).expect("stopped");
    }

    /// Goes on after it stood still.
    pub fn go_on(&self) {
        kill(self.pid(), Signal::SIGCONT).expect("continued");
    }

    /// Dies at once.
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // it may be gone already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
