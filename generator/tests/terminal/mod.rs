//! The program on a terminal, with somebody who answers.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test starts programs

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// The program on a terminal.
pub struct OnTerminal {
    child: std::process::Child,
    master: File,
    said: Receiver<Vec<u8>>,
    text: String,
}

impl OnTerminal {
    /// Runs a command on a terminal with answers to what it asks: exit code, and everything that was shown.
    pub async fn answered(command: Command, answers: &[(&str, &str)]) -> (Option<i32>, String) {
        let mut program = Self::start(command);
        let answers: Vec<(String, String)> = answers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let waiting = move || {
            answers.iter().for_each(|(words, answer)| program.answer(words, answer));
            program.end()
        };
        tokio::task::spawn_blocking(waiting).await.unwrap()
    }

    fn start(mut command: Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let master = File::from(master);
        let side = || File::options().read(true).write(true).open(&name).unwrap();
        let child = command.stdin(side()).stdout(side()).stderr(side()).spawn().unwrap();
        drop(command);
        let (tell, said) = channel();
        let mut reading = master.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The terminal's other side is gone when reading fails.
            while let Ok(n @ 1..) = reading.read(&mut buffer) {
                if tell.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, master, said, text: String::new() }
    }

    /// Waits for words, then answers.
    fn answer(&mut self, words: &str, answer: &str) {
        while !self.text.contains(words) {
            let bytes = self.said.recv_timeout(Duration::from_secs(30));
            let bytes = bytes.unwrap_or_else(|_| panic!("{words:?} was not asked, but: {}", self.text));
            self.text.push_str(&String::from_utf8_lossy(&bytes));
        }
        std::thread::sleep(Duration::from_millis(50));
        self.master.write_all(answer.as_bytes()).unwrap();
    }

    /// Waits for the end: exit code, and everything that was shown.
    fn end(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        while let Ok(bytes) = self.said.recv_timeout(Duration::from_millis(200)) {
            self.text.push_str(&String::from_utf8_lossy(&bytes));
        }
        (code, self.text)
    }
}
