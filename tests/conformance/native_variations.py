"""More of each family that `serving: native` exports, by the parameters that people set, and what is refused by its name."""

import lightgbm as lgb
import numpy as np
import xgboost as xgb
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
from sklearn.ensemble import (
    BaggingRegressor,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import BayesianRidge, LassoCV, LinearRegression, LogisticRegression, LogisticRegressionCV, QuantileRegressor, Ridge, RidgeCV, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor


def front(*steps):
    """The columns: numbers through these steps, texts as levels."""
    numbers = make_pipeline(*steps)
    texts = OneHotEncoder(handle_unknown="ignore")
    chosen = make_column_selector(dtype_include=np.number), make_column_selector(dtype_exclude=np.number)
    return make_column_transformer((numbers, chosen[0]), (texts, chosen[1]))


def families(R, P, C2, C3, with_nan, one_hot_front):
    """Name -> what X is, the kind of target, the estimator."""
    M, F = "matrix", "frame"
    scaled = one_hot_front

    return {
        "Ridge, no intercept": (M, R, lambda: Ridge(fit_intercept=False)),
        "LinearRegression, positive": (M, R, lambda: LinearRegression(positive=True)),
        "RidgeCV": (M, R, lambda: RidgeCV()),
        "LassoCV": (F, R, lambda: make_pipeline(scaled(StandardScaler()), LassoCV(cv=3))),
        "BayesianRidge": (M, R, lambda: BayesianRidge()),
        "QuantileRegressor": (M, R, lambda: QuantileRegressor(alpha=0.001)),
        "Logistic, no intercept, 2": (F, C2, lambda: make_pipeline(scaled(StandardScaler()), LogisticRegression(fit_intercept=False, class_weight="balanced", max_iter=1000))),
        "Logistic, no intercept, 3": (F, C3, lambda: make_pipeline(scaled(StandardScaler()), LogisticRegression(fit_intercept=False, class_weight="balanced", max_iter=1000))),
        "LogisticRegressionCV": (F, C2, lambda: make_pipeline(scaled(StandardScaler()), LogisticRegressionCV(Cs=3, cv=3, max_iter=1000))),
        "scaled without a mean": (F, R, lambda: make_pipeline(scaled(StandardScaler(with_mean=False)), Ridge())),
        "imputed by the median": (F, R, lambda: make_pipeline(front(SimpleImputer(strategy="median"), StandardScaler()), Ridge())),
        "imputed by the most frequent": (F, R, lambda: make_pipeline(front(SimpleImputer(strategy="most_frequent")), Ridge())),
        "imputed with an indicator": (F, R, lambda: make_pipeline(front(SimpleImputer(strategy="constant", fill_value=-1, add_indicator=True)), Ridge())),
        "tree of one leaf": (M, R, lambda: DecisionTreeRegressor(max_depth=1, min_samples_leaf=900)),
        "tree, absolute error": (M, R, lambda: DecisionTreeRegressor(max_depth=8, criterion="absolute_error", random_state=0)),
        "forest, whole samples": (F, R, lambda: with_nan(RandomForestRegressor(30, bootstrap=False, max_features=0.4, criterion="friedman_mse", random_state=0))),
        "forest, weighted classes": (F, C3, lambda: with_nan(RandomForestClassifier(30, class_weight="balanced_subsample", criterion="entropy", random_state=0))),
        "extra trees, weighted classes": (M, C2, lambda: ExtraTreesClassifier(30, class_weight={0: 1, 1: 5}, random_state=0)),
        "boosting, stopped early, 3": (M, C3, lambda: GradientBoostingClassifier(n_iter_no_change=3, subsample=0.7, random_state=0)),
        "boosting from nought, 2": (M, C2, lambda: GradientBoostingClassifier(init="zero", max_leaf_nodes=5, random_state=0)),
        "boosting, absolute error": (M, R, lambda: GradientBoostingRegressor(loss="absolute_error", max_features="sqrt", random_state=0)),
        "histograms, monotonic": (F, R, lambda: with_nan(HistGradientBoostingRegressor(monotonic_cst=[0] * 3 + [1] + [0] * 6 + [-1], random_state=0))),
        "histograms, stopped early": (F, R, lambda: with_nan(HistGradientBoostingRegressor(early_stopping=True, n_iter_no_change=2, max_bins=16, random_state=0))),
        "histograms, weighted classes, 3": (F, C3, lambda: with_nan(HistGradientBoostingClassifier(class_weight="balanced", early_stopping=True, random_state=0))),
        "histograms, pairs alone": (F, R, lambda: with_nan(HistGradientBoostingRegressor(interaction_cst="pairwise", max_depth=3, l2_regularization=1.0, random_state=0))),
        "LightGBM, goss": (F, R, lambda: with_nan(lgb.LGBMRegressor(data_sample_strategy="goss", verbosity=-1))),
        "LightGBM, extra trees": (F, R, lambda: with_nan(lgb.LGBMRegressor(extra_trees=True, min_child_samples=3, verbosity=-1))),
        "LightGBM, monotonic": (F, R, lambda: with_nan(lgb.LGBMRegressor(monotone_constraints=[0] * 3 + [1] + [0] * 7, verbosity=-1))),
        "LightGBM, stumps": (M, R, lambda: lgb.LGBMRegressor(num_leaves=2, max_bin=15, boost_from_average=False, verbosity=-1)),
        "LightGBM, fair": (M, R, lambda: lgb.LGBMRegressor(objective="fair", verbosity=-1)),
        "LightGBM, weighted classes": (F, C2, lambda: with_nan(lgb.LGBMClassifier(class_weight="balanced", verbosity=-1))),
        "LightGBM, unbalanced": (F, C2, lambda: with_nan(lgb.LGBMClassifier(is_unbalance=True, boosting_type="dart", verbosity=-1))),
        "LightGBM, cross entropy": (M, C2, lambda: lgb.LGBMClassifier(objective="cross_entropy", verbosity=-1)),
        "LightGBM, many categories": (F, C3, lambda: with_nan(lgb.LGBMClassifier(categorical_feature=[0, 1, 2], max_cat_to_onehot=2, min_data_per_group=2, verbosity=-1))),
        "XGBoost, base score": (F, R, lambda: with_nan(xgb.XGBRegressor(n_estimators=40, base_score=0.25))),
        "XGBoost, monotonic": (F, R, lambda: with_nan(xgb.XGBRegressor(n_estimators=40, monotone_constraints=(0,) * 3 + (1,) + (0,) * 7))),
        "XGBoost, exact": (F, R, lambda: with_nan(xgb.XGBRegressor(n_estimators=40, tree_method="exact"))),
        "XGBoost, by leaves": (F, R, lambda: with_nan(xgb.XGBRegressor(n_estimators=40, grow_policy="lossguide", max_depth=0, max_leaves=20))),
        "XGBoost, several trees at once": (M, C3, lambda: xgb.XGBClassifier(n_estimators=10, num_parallel_tree=3, subsample=0.7)),
        "XGBoost, weighted classes": (F, C2, lambda: with_nan(xgb.XGBClassifier(n_estimators=40, scale_pos_weight=4, max_delta_step=1))),
        "XGBoost, squared log error": (F, P, lambda: with_nan(xgb.XGBRegressor(n_estimators=40, objective="reg:squaredlogerror"))),
        "XGBoost, quantile": (F, R, lambda: with_nan(xgb.XGBRegressor(n_estimators=40, objective="reg:quantileerror", quantile_alpha=0.8))),
        "XGBRFClassifier": (M, C2, lambda: xgb.XGBRFClassifier(n_estimators=20)),
    }


def refused(R, C2, C3):
    """Name -> what X is, the kind of target, the estimator, and what the refusal says."""
    M, F = "matrix", "frame"
    return {
        "TransformedTarget": (M, R, lambda: TransformedTargetRegressor(Ridge(), transformer=StandardScaler()), "`TransformedTargetRegressor`"),
        "Voting": (M, R, lambda: VotingRegressor([("a", Ridge()), ("b", DecisionTreeRegressor(max_depth=3))]), "`VotingRegressor`"),
        "Stacking": (M, R, lambda: StackingRegressor([("a", Ridge()), ("b", DecisionTreeRegressor(max_depth=3))]), "`StackingRegressor`"),
        "Bagging": (M, R, lambda: BaggingRegressor(n_estimators=3), "`BaggingRegressor`"),
        "Calibrated": (M, C2, lambda: CalibratedClassifierCV(LogisticRegression(max_iter=500)), "`CalibratedClassifierCV`"),
        "LinearSVC": (M, C2, lambda: LinearSVC(), "`LinearSVC`"),
        "RidgeClassifier": (M, C2, lambda: RidgeClassifier(), "`RidgeClassifier`"),
        "KBins": (F, R, lambda: make_pipeline(front(SimpleImputer(), KBinsDiscretizer(4, encode="onehot-dense")), Ridge()), "`KBinsDiscretizer`"),
        "KNNImputer": (F, R, lambda: make_pipeline(front(KNNImputer()), Ridge()), "`KNNImputer`"),
        "a function": (F, R, lambda: make_pipeline(front(SimpleImputer(), FunctionTransformer(np.abs)), Ridge()), "func=absolute"),
        "gblinear": (M, R, lambda: xgb.XGBRegressor(booster="gblinear", n_estimators=3), "booster='gblinear'"),
        "XGBoost, vector leaves": (M, C3, lambda: xgb.XGBClassifier(n_estimators=3, multi_strategy="multi_output_tree", tree_method="hist"), "multi_strategy='multi_output_tree'"),
        "XGBoost, own missing": (M, R, lambda: xgb.XGBRegressor(n_estimators=3, missing=-1.0), "missing=-1.0"),
    }
