//! What a worker says after one step.

/// Whether there was anything to do. A worker is stepped until it is idle; every instance runs all workers, and leases share the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There was nothing to do.
    Idle,
    /// Something was done, and there may be more.
    Worked,
}
