//! All tests from outside in one executable: while one waits, the cores are another's, and it is linked once.

mod cloud;
mod rendered;
