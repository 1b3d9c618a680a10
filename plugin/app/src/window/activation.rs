//! Activation of the plugin for another sample rate: a request of the worker, carried out on the main thread.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use tidepool_host::{Instance, Processor};

use super::audio::player::MAX_BLOCK;

/// Request to the main thread.
enum Request {
    /// Activate the plugin for this rate, after the processor has been taken back.
    Activate(Option<Box<Processor>>, u32),
    /// Take the processor back, because the program ends.
    End(Option<Box<Processor>>),
}

/// Creates both ends.
pub fn activation() -> (Activator, ActivationServer) {
    let (request, requests) = mpsc::channel();
    let (answer, answers) = mpsc::channel();
    let activator = Activator { request, answers };
    (activator, ActivationServer { requests, answer })
}

/// End of the worker.
pub struct Activator {
    request: Sender<Request>,
    answers: Receiver<Result<Processor, String>>,
}

impl Activator {
    /// Exchanges a processor for one with another sample rate. `[worker]`
    ///
    /// # Errors
    /// One sentence if the plugin refuses, or the program ends.
    #[expect(clippy::disallowed_methods, reason = "[worker]")]
    pub fn activate(&self, old: Option<Processor>, rate: u32) -> Result<Processor, String> {
        let ends = |_| "the program ends".to_owned();
        let request = Request::Activate(old.map(Box::new), rate);
        self.request.send(request).map_err(|_| ends(()))?;
        self.answers.recv().map_err(|_| ends(()))?
    }

    /// Returns the processor for good. `[worker]`
    pub fn end(self, last: Option<Processor>) {
        // The main thread may have stopped waiting.
        let _ = self.request.send(Request::End(last.map(Box::new)));
    }
}

/// End of the main thread.
pub struct ActivationServer {
    requests: Receiver<Request>,
    answer: Sender<Result<Processor, String>>,
}

impl ActivationServer {
    /// Carries out the requests that have arrived. `[main]`
    pub fn serve(&self, instance: &mut Instance) {
        while let Ok(request) = self.requests.try_recv() {
            match request {
                Request::Activate(old, rate) => self.activate(instance, old, rate),
                Request::End(last) => deactivate(instance, last),
            }
        }
    }

    /// Waits for the worker to return the processor, for at most `patience`; returns true if it has. `[main]`
    #[expect(clippy::disallowed_methods, reason = "[main]")]
    pub fn wait_for_end(&self, instance: &mut Instance, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.requests.recv_timeout(left) {
                Ok(Request::Activate(old, rate)) => self.activate(instance, old, rate),
                Ok(Request::End(last)) => {
                    deactivate(instance, last);
                    return true;
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    fn activate(&self, instance: &mut Instance, old: Option<Box<Processor>>, rate: u32) {
        deactivate(instance, old);
        let activated = instance.activate(f64::from(rate), 1..=MAX_BLOCK as u32);
        // Without a worker the processor is dropped, and the instance is leaked with it.
        let _ = (self.answer).send(activated.map_err(|error| error.to_string()));
    }
}

fn deactivate(instance: &mut Instance, processor: Option<Box<Processor>>) {
    if let Some(mut processor) = processor {
        processor.stop();
        instance.deactivate(*processor);
    }
}
