//! All tests from outside in one executable: while one waits, the cores are another's, and it is linked once.

mod behaviour;
mod bodies;
mod calls;
mod canary_gate;
mod dependence;
mod extremes;
mod facts;
mod golden;
mod hostile;
mod own_data;
mod permissions;
mod remote_devops;
mod remote_git;
mod seeds;
mod smoke;
mod tidy;
mod verdicts;
