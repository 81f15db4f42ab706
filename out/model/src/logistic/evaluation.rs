//! What rows add to the value that is minimised.

use faer::Mat;

/// Loss, gradient and Hessian at a point; the parameters of one linear function after another, its intercept last.
pub(super) struct Evaluation {
    pub loss: f64,
    pub gradient: Vec<f64>,
    pub hessian: Mat<f64>,
}

impl Evaluation {
    /// Of no rows.
    pub fn empty(parameters: usize) -> Self {
        Self { loss: 0.0, gradient: vec![0.0; parameters], hessian: Mat::zeros(parameters, parameters) }
    }

    /// Adds the part of other rows.
    pub fn add(&mut self, part: &Self) {
        self.loss += part.loss;
        self.gradient.iter_mut().zip(&part.gradient).for_each(|(sum, part)| *sum += part);
        self.hessian += &part.hessian;
    }
}

/// Some rows: standardised columns, the index of each row's class, and its weight where there are weights.
pub(super) struct Rows<'a> {
    pub columns: Vec<&'a [f64]>,
    pub targets: &'a [usize],
    pub weights: Option<&'a [f64]>,
}

impl Rows<'_> {
    pub fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }
}
