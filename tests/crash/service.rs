//! The program as processes that are killed and started again over the same data, and a client that takes no answer for "perhaps".

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// How often a start is tried: the database may be away at the time.
const STARTS: usize = 40;

/// One process.
struct Instance {
    child: Child,
    base: String,
}

/// The processes over one database, by number, and where those that run listen.
pub struct Service {
    folder: PathBuf,
    environment: Vec<(&'static str, String)>,
    instances: Vec<Option<Instance>>,
    bases: Bases,
    logs: Vec<PathBuf>,
    first_key: String,
}

/// Where the running instances listen.
#[derive(Clone, Default)]
pub struct Bases(Arc<Mutex<Vec<Option<String>>>>);

impl Bases {
    /// Those that run, beginning with the `preferred`th.
    pub fn running(&self, preferred: usize) -> Vec<String> {
        let all = self.0.lock().expect("no panic").clone();
        let (before, after) = all.split_at(preferred.min(all.len()));
        after.iter().chain(before).flatten().cloned().collect()
    }

    fn set(&self, number: usize, base: Option<String>) {
        self.0.lock().expect("no panic")[number] = base;
    }
}

impl Service {
    /// Starts `count` processes.
    pub fn start(folder: &Path, environment: Vec<(&'static str, String)>, count: usize) -> Self {
        let mut service = Self {
            folder: folder.to_owned(),
            environment,
            instances: (0..count).map(|_| None).collect(),
            bases: Bases(Arc::new(Mutex::new(vec![None; count]))),
            logs: Vec::new(),
            first_key: String::new(),
        };
        for number in 0..count {
            service.start_again(number);
        }
        service
    }

    pub fn bases(&self) -> Bases {
        self.bases.clone()
    }

    /// The key that opens everything.
    pub fn first_key(&self) -> &str {
        &self.first_key
    }

    /// Starts a process that does not run.
    pub fn start_again(&mut self, number: usize) {
        for _ in 0..STARTS {
            if let Some(instance) = self.try_to_start() {
                self.bases.set(number, Some(instance.base.clone()));
                self.instances[number] = Some(instance);
                return;
            }
            std::thread::sleep(Duration::from_millis(250));
        }
        panic!("it does not start: {}", std::fs::read_to_string(self.logs.last().expect("a log")).unwrap_or_default());
    }

    fn try_to_start(&mut self) -> Option<Instance> {
        let log = self.folder.join(format!("{:03}.log", self.logs.len()));
        let stderr = File::create(&log).expect("a log");
        self.logs.push(log);
        let mut child = Command::new(env!("CARGO_BIN_EXE_cordon"))
            .args(["serve", "--listen", "127.0.0.1:0", "--regions"])
            .arg(self.folder.join("regions"))
            .arg("--data-dir")
            .arg(self.folder.join("data"))
            .envs(self.environment.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let Some(base) = lines.next().and_then(|line| line.strip_prefix("listening on ").map(str::to_owned)) else {
            child.wait().expect("ended");
            return None;
        };
        if self.first_key.is_empty() {
            let key = lines.nth(1).expect("the first key");
            key.rsplit(' ').next().expect("a key").clone_into(&mut self.first_key);
        }
        Some(Instance { child, base })
    }

    /// Kills a process where it stands.
    pub fn kill(&mut self, number: usize) {
        self.end(number, Signal::SIGKILL);
    }

    /// Lets every process end by itself.
    pub fn stop(&mut self) {
        for number in 0..self.instances.len() {
            self.end(number, Signal::SIGTERM);
        }
    }

    fn end(&mut self, number: usize, signal: Signal) {
        let Some(mut instance) = self.instances[number].take() else { return };
        self.bases.set(number, None);
        kill(Pid::from_raw(instance.child.id().try_into().expect("a pid")), signal).expect("signalled");
        instance.child.wait().expect("ended");
    }

    /// Everything that was logged.
    pub fn log(&self) -> String {
        self.logs.iter().map(|log| std::fs::read_to_string(log).expect("a log")).collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        for number in 0..self.instances.len() {
            self.end(number, Signal::SIGKILL);
        }
    }
}

/// What a request came to.
#[derive(Clone, Debug)]
pub enum Said {
    /// This was answered.
    Answer(u16, Value),
    /// Nobody answered, or with a failure of theirs: it happened, or it did not.
    Perhaps,
}

/// Somebody who asks whichever instance answers.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    bases: Bases,
    key: String,
}

impl Client {
    pub fn new(service: &Service) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(15)).build().expect("a client");
        Self { http, bases: service.bases(), key: service.first_key().to_owned() }
    }

    /// Asks once, the `preferred`th instance or another.
    pub async fn once(
        &self,
        preferred: usize,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Said {
        let Some(base) = self.bases.running(preferred).into_iter().next() else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            return Said::Perhaps;
        };
        let mut request = self.http.request(method.parse().expect("a method"), format!("{base}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let Ok(answer) = request.bearer_auth(&self.key).send().await else { return Said::Perhaps };
        let status = answer.status().as_u16();
        if status >= 500 {
            return Said::Perhaps;
        }
        match answer.text().await {
            Ok(text) => Said::Answer(status, serde_json::from_str(&text).unwrap_or(Value::String(text))),
            Err(_) => Said::Perhaps,
        }
    }

    /// Asks for what changes nothing, until there is an answer.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.until_answered("GET", path, None).await
    }

    /// Does what may be done twice, until there is an answer.
    pub async fn until_answered(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        loop {
            if let Said::Answer(status, answer) = self.once(0, method, path, &[], body).await {
                return (status, answer);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What every running instance says.
    pub async fn each(&self, path: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for base in self.bases.running(0) {
            let answer = self.http.get(format!("{base}{path}")).send().await.expect("an answer");
            texts.push(answer.text().await.expect("a text"));
        }
        texts
    }
}
