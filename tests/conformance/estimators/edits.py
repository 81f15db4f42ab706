"""What a team writes into estimator.py for each estimator: name -> (task, lines of imports, lines of build, what X is, classes of its own)."""

REGRESSION, CLASSIFICATION = "regression", "classification"


def scaled(module, name, arguments=""):
    """An estimator behind a scaler, as it is built everywhere."""
    imports = ["from sklearn.pipeline import make_pipeline", "from sklearn.preprocessing import StandardScaler"]
    return [f"from {module} import {name}", *imports], [f"return make_pipeline(StandardScaler(), {name}({arguments}))"]


def plain(module, name, arguments=""):
    """An estimator as it is."""
    return [f"from {module} import {name}"], [f"return {name}({arguments})"]


COLUMNS = [
    "numbers = make_pipeline(SimpleImputer(), StandardScaler())",
    "texts = make_pipeline(OneHotEncoder(handle_unknown='ignore'))",
    "chosen = make_column_selector(dtype_include=np.number), make_column_selector(dtype_exclude=np.number)",
    "columns = make_column_transformer((numbers, chosen[0]), (texts, chosen[1]))",
    "return make_pipeline(columns, FunctionTransformer(np.tanh), {})",
]
COLUMN_IMPORTS = [
    "from sklearn.compose import make_column_selector, make_column_transformer",
    "from sklearn.impute import SimpleImputer",
    "from sklearn.pipeline import make_pipeline",
    "from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler",
]

TORCH = '''

class Network:
    """A small network of PyTorch behind the protocol: fit, predict, save, and load below."""

    def __init__(self, width=0):
        self.width = width
        self.layers = self._layers() if width else None

    def _layers(self):
        return torch.nn.Sequential(torch.nn.Linear(self.width, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1)).double()

    def fit(self, X, y):
        torch.manual_seed(0)
        torch.set_num_threads(1)
        self.width = X.shape[1]
        self.layers = self._layers()
        self.shift, self.scale = X.mean(axis=0), X.std(axis=0) + 1e-9
        self.center, self.spread = float(y.mean()), float(y.std()) + 1e-9
        inputs = torch.from_numpy((X - self.shift) / self.scale)
        goal = torch.from_numpy((y - self.center) / self.spread).reshape(-1, 1)
        steps = torch.optim.Adam(self.layers.parameters(), lr=0.02)
        for _ in range(300):
            steps.zero_grad()
            torch.nn.functional.mse_loss(self.layers(inputs), goal).backward()
            steps.step()
        return self

    def predict(self, X):
        with torch.no_grad():
            found = self.layers(torch.from_numpy((np.asarray(X) - self.shift) / self.scale)).numpy().reshape(-1)
        return found * self.spread + self.center

    def save(self, folder):
        kept = {"shift": torch.tensor(self.shift), "scale": torch.tensor(self.scale)}
        torch.save({**kept, "y": torch.tensor([self.center, self.spread]), **self.layers.state_dict()}, folder / "network.pt")


def load(folder):
    kept = torch.load(folder / "network.pt", weights_only=True)
    made = Network(len(kept["shift"]))
    made.shift, made.scale = kept.pop("shift").numpy(), kept.pop("scale").numpy()
    made.center, made.spread = kept.pop("y").tolist()
    made.layers.load_state_dict(kept)
    return made
'''

# Without lines nothing is edited: what the spec says is built.
EDITS = {
    "ridge": (REGRESSION, [], [], "matrix", ""),
    "lasso": (REGRESSION, *plain("sklearn.linear_model", "Lasso", "alpha=0.01"), "matrix", ""),
    "svr": (REGRESSION, *scaled("sklearn.svm", "SVR", "C=10"), "matrix", ""),
    "k-nearest-neighbours": (REGRESSION, *scaled("sklearn.neighbors", "KNeighborsRegressor"), "matrix", ""),
    "mlp": (REGRESSION, *scaled("sklearn.neural_network", "MLPRegressor", "hidden_layer_sizes=(20,), solver='lbfgs', alpha=1, max_iter=2000, random_state=0"),
            "matrix", ""),
    "tree": (REGRESSION, *plain("sklearn.tree", "DecisionTreeRegressor", "max_depth=6, random_state=0"), "matrix", ""),
    "random-forest": (REGRESSION, *plain("sklearn.ensemble", "RandomForestRegressor", "50, random_state=0"), "matrix", ""),
    "extra-trees": (REGRESSION, *plain("sklearn.ensemble", "ExtraTreesRegressor", "50, random_state=0"), "matrix", ""),
    "gradient-boosting": (REGRESSION, *plain("sklearn.ensemble", "GradientBoostingRegressor", "random_state=0"), "matrix", ""),
    "histogram-gradient-boosting": (
        REGRESSION, *plain("sklearn.ensemble", "HistGradientBoostingRegressor", "max_iter=50, random_state=0"), "matrix", ""),
    "gaussian-process": (
        REGRESSION,
        ["from sklearn.gaussian_process import GaussianProcessRegressor", "from sklearn.gaussian_process.kernels import RBF, WhiteKernel",
         "from sklearn.pipeline import make_pipeline", "from sklearn.preprocessing import StandardScaler"],
        ["process = GaussianProcessRegressor(RBF() + WhiteKernel(), normalize_y=True, random_state=0)",
         "return make_pipeline(StandardScaler(), process)"], "matrix", ""),
    "lightgbm": (REGRESSION, *plain("lightgbm", "LGBMRegressor", "verbosity=-1, n_jobs=1"), "matrix", ""),
    "xgboost": (REGRESSION, *plain("xgboost", "XGBRegressor", "n_jobs=1"), "matrix", ""),
    "logistic": (CLASSIFICATION, *plain("sklearn.linear_model", "LogisticRegression", "max_iter=1000"), "matrix", ""),
    "lightgbm-classes": (CLASSIFICATION, *plain("lightgbm", "LGBMClassifier", "verbosity=-1, n_jobs=1"), "matrix", ""),
    "xgboost-classes": (CLASSIFICATION, *plain("xgboost", "XGBClassifier", "n_jobs=1"), "matrix", ""),
    "svc": (
        CLASSIFICATION,
        ["from sklearn.calibration import CalibratedClassifierCV", "from sklearn.svm import SVC"],
        ["return CalibratedClassifierCV(SVC(), ensemble=False)"], "matrix", ""),
    "histogram-gradient-boosting-classes": (
        CLASSIFICATION, *plain("sklearn.ensemble", "HistGradientBoostingClassifier", "max_iter=50, random_state=0"), "matrix", ""),
    "pipeline": (REGRESSION, [*COLUMN_IMPORTS, "from sklearn.linear_model import Ridge"],
                 [line.format("Ridge()") for line in COLUMNS], "frame", ""),
    "pipeline-classes": (CLASSIFICATION, [*COLUMN_IMPORTS, "from sklearn.linear_model import LogisticRegression"],
                         [line.format("LogisticRegression(max_iter=1000)") for line in COLUMNS], "frame", ""),
    # What else somebody would try: linear models of other losses, ensembles of ensembles, searches, classifiers without probabilities.
    "bayesian-ridge": (REGRESSION, *plain("sklearn.linear_model", "BayesianRidge"), "matrix", ""),
    "huber": (REGRESSION, *plain("sklearn.linear_model", "HuberRegressor", "max_iter=1000"), "matrix", ""),
    "quantile": (REGRESSION, *plain("sklearn.linear_model", "QuantileRegressor", "alpha=0.001"), "matrix", ""),
    "stacking": (
        REGRESSION, ["from sklearn.ensemble import RandomForestRegressor, StackingRegressor", "from sklearn.linear_model import Ridge"],
        ["parts = [('line', Ridge(0.1)), ('trees', RandomForestRegressor(10, random_state=0))]", "return StackingRegressor(parts, cv=3)"], "matrix", ""),
    "transformed-target": (
        REGRESSION, ["from sklearn.compose import TransformedTargetRegressor", "from sklearn.linear_model import Ridge"],
        ["return TransformedTargetRegressor(Ridge(0.1), func=np.log1p, inverse_func=np.expm1)"], "matrix", ""),
    "polynomial": (
        REGRESSION, ["from sklearn.linear_model import Ridge", "from sklearn.pipeline import make_pipeline", "from sklearn.preprocessing import PolynomialFeatures"],
        ["return make_pipeline(PolynomialFeatures(2), Ridge(0.1))"], "matrix", ""),
    "spline": (
        REGRESSION, ["from sklearn.linear_model import Ridge", "from sklearn.pipeline import make_pipeline", "from sklearn.preprocessing import SplineTransformer"],
        ["return make_pipeline(SplineTransformer(n_knots=4, extrapolation='linear'), Ridge(1.0))"], "matrix", ""),
    "grid-search": (
        REGRESSION, ["from sklearn.model_selection import GridSearchCV", "from sklearn.svm import SVR"],
        ["return GridSearchCV(SVR(), {'C': [1.0, 100.0]}, cv=3)"], "matrix", ""),
    "sgd-classes": (CLASSIFICATION, *scaled("sklearn.linear_model", "SGDClassifier", "loss='log_loss', random_state=0"), "matrix", ""),
    "voting-classes": (
        CLASSIFICATION,
        ["from sklearn.ensemble import VotingClassifier", "from sklearn.linear_model import LogisticRegression", "from sklearn.naive_bayes import GaussianNB"],
        ["parts = [('line', LogisticRegression(max_iter=1000)), ('bayes', GaussianNB())]", "return VotingClassifier(parts, voting='soft')"], "matrix", ""),
    "k-nearest-neighbours-classes": (CLASSIFICATION, *scaled("sklearn.neighbors", "KNeighborsClassifier"), "matrix", ""),
    "linear-svc": (
        CLASSIFICATION, ["from sklearn.calibration import CalibratedClassifierCV", "from sklearn.svm import LinearSVC"],
        ["return CalibratedClassifierCV(LinearSVC(), cv=3)"], "matrix", ""),
    "naive-bayes": (CLASSIFICATION, *plain("sklearn.naive_bayes", "GaussianNB"), "matrix", ""),
    "pytorch": (REGRESSION, ["import torch"], ["return Network()"], "matrix", TORCH),
}


def edit(project, imports, lines, what, more):
    """Writes the team's lines into estimator.py."""
    (file,) = project.glob("src/*/estimator.py")
    text = file.read_text()
    if lines:
        head, _, rest = text.partition("def build(")
        signature, _, rest = rest.partition('"""An estimator that is not fitted yet."""\n')
        _, _, tail = rest.partition("\n\ndef prepare(")
        if more:
            tail = tail.partition("\n\ndef load(")[0]
        body = "".join(f"    {line}\n" for line in lines)
        head = head.replace("import numpy as np\n", "import numpy as np\n" + "\n".join(imports) + "\n")
        head = head.replace('INPUT = "matrix"', f'INPUT = "{what}"')
        text = f"{head}def build({signature.rstrip()}\n{body}\n\ndef prepare({tail}{more}"
    file.write_text(text)
    return file.parent.name
