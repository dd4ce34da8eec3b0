"""Datasets from a folder of images (Pillow) and from a table of pandas."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nn
import nn.functional as F
import optim
from nn.data import DataLoader, ImageFolder, from_frame, transforms

ROOT = Path(__file__).parent.parent


# ------------------------------------------------------------------------------------------------------------------- folder


@pytest.fixture
def image():
    return pytest.importorskip("PIL.Image", reason="Pillow is not installed (make test installs it)")


@pytest.fixture
def folder(tmp_path, image):
    """dog/ with two, cat/ with a nested and a grey one, ant/ with one of another size, and what is no image."""
    rng = np.random.default_rng(0)
    pixels = {}
    for name, shape in {"dog/b.png": (6, 5, 3), "dog/a.PNG": (6, 5, 3), "cat/in/c.png": (6, 5, 3), "cat/g.png": (6, 5),
                        "ant/big.bmp": (12, 10, 3)}.items():  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels[name] = rng.integers(0, 256, shape, np.uint8)
        image.fromarray(pixels[name]).save(path)
    (tmp_path / "dog" / "notes.txt").write_text("no image")
    (tmp_path / ".hidden").mkdir()
    return tmp_path, pixels


def test_images_by_class(folder):
    root, pixels = folder
    data = ImageFolder(root)
    assert data.classes == ("ant", "cat", "dog") and len(data) == 5
    assert data.targets.array.tolist() == [0, 1, 1, 2, 2]
    names = [str(path.relative_to(root)) for path, _ in data.samples]
    assert names == ["ant/big.bmp", "cat/g.png", "cat/in/c.png", "dog/a.PNG", "dog/b.png"]
    for i in (0, 2, 3, -1):
        x, label = data[i]
        assert x.dtype == np.float32 and int(label) == data.samples[i][1]
        wanted = np.moveaxis(pixels[names[i]], -1, 0).astype(np.float32) / np.float32(255)
        np.testing.assert_array_equal(x.array, wanted)
    grey = data[1][0].array
    assert grey.shape == (3, 6, 5) and (grey[0] == grey[1]).all()
    assert ImageFolder(root, mode="L")[0][0].shape == (1, 12, 10)
    with pytest.raises(IndexError, match="index 5 is out of range for 5 images"):
        data[5]
    with pytest.raises(ValueError, match=r"sample 0 has shape \(3, 12, 10\) and sample 1 has \(3, 6, 5\)"):
        next(iter(DataLoader(data, batch_size=5)))


def test_one_size_makes_batches(folder, image):
    root, pixels = folder
    data = ImageFolder(root, transforms.RandomHorizontalFlip(1.0), size=(6, 5))
    (x, y), *rest = DataLoader(data, batch_size=4)
    assert x.shape == (4, 3, 6, 5) and y.array.tolist() == [0, 1, 1, 2] and len(rest) == 1
    wanted = np.asarray(image.fromarray(pixels["ant/big.bmp"]).resize((5, 6), image.Resampling.BILINEAR))
    np.testing.assert_allclose(x.array[0], np.moveaxis(wanted, -1, 0)[..., ::-1] / 255, rtol=1e-6)
    for i in range(4):
        np.testing.assert_array_equal(data[i][0].array, x.array[i])
    model = nn.Sequential(nn.Flatten(), nn.Linear(90, 3))
    optim.fit(model, data, loss=F.cross_entropy, optimizer=optim.SGD(model.parameters(), lr=0.1), progress=False)


def test_folders_that_cannot_be_read(folder):
    root, _ = folder
    (root / "dog" / "b.png").write_bytes(b"\x89PNG but not really")
    data = ImageFolder(root)
    with pytest.raises(
        ValueError, match=r"dog/b.png cannot be read as an image \(UnidentifiedImageError: .*replace or rem"
    ):
        data[4]
    data[3]
    (root / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty has no image \(.png, .*a class without examples; remove it"):
        ImageFolder(root)
    with pytest.raises(
        FileNotFoundError, match="nowhere is no folder; give it one with a folder of images for each class"
    ):
        ImageFolder(root / "nowhere")
    with pytest.raises(ValueError, match="has no folders; put the images of each class into one of its own"):
        ImageFolder(root / "dog")
    with pytest.raises(ValueError, match="mode is 'RGB' or 'L', got 'RGBA'"):
        ImageFolder(root, mode="RGBA")


def test_without_pillow():
    code = "import sys; sys.modules['PIL'] = None; import nn; nn.data.ImageFolder('.')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (
        "ImportError: ImageFolder: reads images with Pillow, which is not installed: pip install pillow" in done.stderr
    )


# -------------------------------------------------------------------------------------------------------------------- table


@pytest.fixture
def pd():
    return pytest.importorskip("pandas", reason="pandas is not installed (make test installs it)")


@pytest.fixture
def table(pd):
    return pd.DataFrame({
        "age": [30, 40, 50, 60], "colour": ["red", "blue", "red", "green"], "tall": [True, False, True, True],
        "size": pd.Categorical(["L", "S", "L", "M"], ["S", "M", "L"], ordered=True), "weight": [1.5, 2.5, 3.5, 4.5],
        "kind": ["b", "a", "b", "a"],
    })  # fmt: skip


def test_one_hot(table):
    data = from_frame(table, "kind")
    assert data.columns == (
        "age",
        "colour=blue",
        "colour=green",
        "colour=red",
        "tall",
        "size=S",
        "size=M",
        "size=L",
        "weight",
    )
    np.testing.assert_array_equal(data.tensors[0].array, [
        [30, 0, 0, 1, 1, 0, 0, 1, 1.5], [40, 1, 0, 0, 0, 1, 0, 0, 2.5], [50, 0, 0, 1, 1, 0, 0, 1, 3.5],
        [60, 0, 1, 0, 1, 0, 1, 0, 4.5],
    ])  # fmt: skip
    assert data.tensors[0].dtype == np.float32 and data.tensors[1].dtype == np.int64
    assert data.tensors[1].array.tolist() == [1, 0, 1, 0] and data.classes == ("a", "b")
    model = nn.Linear(9, 2)
    optim.fit(model, data, loss=F.cross_entropy, optimizer=optim.SGD(model.parameters(), lr=1e-3), progress=False)


def test_one_hot_as_pandas(pd, table):
    wanted = pd.get_dummies(table, prefix_sep="=", dtype=float)
    data = from_frame(table, dtype=np.float64)
    assert set(data.columns) == set(wanted.columns) and len(data.tensors) == 1
    np.testing.assert_array_equal(data.tensors[0].array, wanted[list(data.columns)].to_numpy(float))


def test_indices(table):
    data = from_frame(table, "weight", categories="index")
    assert data.columns == ("age", "colour", "tall", "size", "kind")
    np.testing.assert_array_equal(data.tensors[0].array[:, 1], [2, 0, 2, 1])
    np.testing.assert_array_equal(data.tensors[0].array[:, 3], [2, 0, 2, 1])
    assert data.categories["size"] == ("S", "M", "L")
    assert data.tensors[1].shape == (4, 1) and data.tensors[1].dtype == np.float32  # as Linear(…, 1) gives it


def test_targets(pd, table):
    assert from_frame(table, "age").tensors[1].array.tolist() == [30, 40, 50, 60]
    truth = from_frame(table, "tall")
    assert truth.classes == (False, True) and truth.tensors[1].array.tolist() == [1, 0, 1, 1]
    assert from_frame(table, ["age", "weight"]).tensors[1].shape == (4, 2)
    assert from_frame(table, "size").classes == ("S", "M", "L")
    nullable = table.assign(age=table.age.astype("Int64"), tall=table.tall.astype("boolean"))
    np.testing.assert_array_equal(
        from_frame(nullable, "kind").tensors[0].array, from_frame(table, "kind").tensors[0].array
    )
    assert from_frame(nullable, "age").tensors[1].dtype == np.int64


def test_like_the_training_part(pd, table):
    train = from_frame(table.iloc[:3], "kind")
    assert train.columns[1:3] == ("colour=blue", "colour=red")
    shuffled = table.iloc[[1, 0]][["weight", "kind", "size", "tall", "colour", "age"]]
    test = from_frame(shuffled, "kind", like=train)
    np.testing.assert_array_equal(test.tensors[0].array, train.tensors[0].array[[1, 0]])
    assert from_frame(table.iloc[[0]], "kind", like=train).tensors[1].array.tolist() == [1]  # not 0: the classes stay
    with pytest.raises(
        ValueError, match=r"the column 'colour' has \['green'\], and the categories of `like` are \['blue', 'r"
    ):
        from_frame(table, "kind", like=train)
    with pytest.raises(ValueError, match="and those of `like` are .*; they must be the same"):
        from_frame(table.drop(columns="age"), "kind", like=train)
    with pytest.raises(ValueError, match="the columns become"):
        from_frame(table.iloc[:3], "kind", like=train, categories="index")


def test_tables_that_cannot_be_read(pd, table):
    with pytest.raises(ValueError, match=r"the column 'weight' has 2 missing values, the first in row 'y'; fill them"):
        from_frame(table.assign(weight=[1.0, None, None, 2.0]).set_axis(list("xyzw")), "kind")
    with pytest.raises(ValueError, match="the column 'kind' has 1 missing values"):
        from_frame(table.assign(kind=["a", None, "b", "b"]), "kind")
    with pytest.raises(
        TypeError, match=r"the column 'day' \(datetime64.* has Timestamp values .*drop\(columns='day'\)"
    ):
        from_frame(table.assign(day=pd.to_datetime(["2020-01-01"] * 4)), "kind")
    with pytest.raises(TypeError, match=r"the column 'mixed' \(object\) has int values such as 3"):
        from_frame(table.assign(mixed=["a", 3, "b", "c"]), "kind")
    with pytest.raises(TypeError, match="several targets need numbers, and 'kind' has"):
        from_frame(table, ["age", "kind"])
    with pytest.raises(KeyError, match="no column 'kinds' for the target; there are age, colour"):
        from_frame(table, "kinds")
    with pytest.raises(ValueError, match="two columns are called 'age'; rename one of them"):
        from_frame(pd.concat([table, table[["age"]]], axis=1))
    with pytest.raises(ValueError, match="needs rows and a column of inputs, got 0 rows"):
        from_frame(table.iloc[:0])
    with pytest.raises(ValueError, match=r"needs rows and a column of inputs, got 4 rows and the inputs \[\]"):
        from_frame(table[["kind"]], "kind")
    with pytest.raises(ValueError, match="categories is 'one_hot' or 'index', got 'onehot'"):
        from_frame(table, categories="onehot")
    with pytest.raises(TypeError, match="needs a DataFrame of pandas, got ndarray; arrays go to TensorDataset"):
        from_frame(np.ones((2, 2)))
