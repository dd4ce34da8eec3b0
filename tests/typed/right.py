"""Lines that people write, none of which a type checker may call wrong. tests/test_editors.py has it checked and runs it."""

from collections.abc import Iterator

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core import Tensor
from nn.data import DataLoader, Dataset, TensorDataset, random_split
from optim.lr_scheduler import CosineAnnealingLR, StepLR

ag.manual_seed(0)

# tensors
a = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
b = ag.zeros(2, 3)
c = ag.ones((2, 3), dtype=ag.float64)
d = ag.arange(10).float().reshape(2, 5)
e = ag.linspace(0, 1, 5)
f = ag.from_numpy(np.eye(3, dtype=np.float32))
g = ag.randn(4, 4)
h = ag.randint(0, 10, (3,))
i = ag.eye(3)
j = ag.zeros_like(a)
k = ag.full((2, 2), 7.0)
size: tuple[int, ...] = a.shape
rows, columns = a.shape
first: int = a.shape[0]
count: int = a.numel()
kind = a.dtype
values = a.tolist()
array: np.ndarray = a.detach().numpy()
number = a.sum().item()

# operations
s = a + 1
s = 1 - a * 2
s = a / 2.0 + a**2 - a % 2
s = -a
s = a @ a.T
s = a @ np.ones((2, 2), np.float32)
s += 1
mask = (a > 1) & (a <= 3)
s = ag.where(mask, a, 0.0)
s = a.sum(dim=1)
s = a.sum(axis=0, keepdims=True)
s = a.mean((0, 1))
s = a.std(dim=0, keepdim=True)
s = a.view(-1)
s = a.view(2, 2)
s = a.reshape([4])
s = a.permute(1, 0).transpose(0, 1).contiguous()
s = a.unsqueeze(0).squeeze(0).flatten()
s = ag.cat([a, a], dim=0)
s = ag.stack((a, a), 1)
s = a.max() * 2
s = ag.maximum(a, a.min()) + ag.max(a, ag.zeros(2, 2))
largest, positions = a.max(1)
s = largest + a.max(dim=0, keepdim=True).values + ag.min(a, axis=1).values
s = ag.median(a) - a.median(1).values
s = a.sort(descending=True).values + a.topk(2).values
s = ag.nonzero(a) + ag.unique(ag.tensor([3, 1, 3]))
in_rows, in_columns = ag.nonzero(a, as_tuple=True)
s = ag.atleast_2d(e) + 1
cut, rest = ag.split(tensor=ag.arange(4.0), split_size_or_sections=2)
s = ag.reshape(input=a, shape=(4,)).flip(dims=(0,)).expand(2, 4)
s = ag.gather(input=a, dim=1, index=ag.tensor([[0], [1]])).masked_fill(ag.tensor(True), 0.0)
s = a[0]
s = a[:, 1]
s = a[mask]
s = a[..., None, ::2]
s = a[ag.tensor([0, 1]), [1, 0]]
b[0] = 5
b[:, 1] = ag.ones(2)
s = a.exp().log().sqrt().abs().clamp(0, 1)
s = ag.exp(a) + ag.sin(a) * ag.tanh(a)
s = ag.maximum(a, ag.zeros(2, 2))
largest, where = a.max(dim=1)
position = a.argmax(1)
order = a.sort(dim=1, descending=True).indices
top = a.topk(1).values
parts = a.split(1)
left, right = a.chunk(2, dim=1)
s = a.softmax(-1)
s = a.to(ag.float64).float()
s = a.clone().detach()
s = ag.einsum("ij,jk->ik", a, a)
s = a.masked_fill(mask, 0.0)
s = ag.linalg.inv(a)
s = ag.linalg.norm(a)
s = ag.special.expit(a)
s = ag.tril(a)
s = a.expand(3, 2, 2)
s = a.repeat(2, 1)
everything: bool = bool((a > 0).all())
if ag.allclose(a, a):
    print(f"{a.sum():.3f}", len(a))
for row in a:
    print(row)

# gradients
loss = (a * a).sum()
loss.backward(retain_graph=True)
if a.grad is not None:
    a.grad.zero_()
(da,) = ag.grad(loss, a)
with ag.no_grad():
    a.sub_(0.1 * da)
slope = ag.func.grad(lambda x: (x * x).sum())(a.detach())


@ag.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    model.eval()
    return (model(x).argmax(dim=1) == y).float().mean().item()


# models
class Block(nn.Module):
    def __init__(self, width: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(2)])
        self.dropout = nn.Dropout(dropout)
        self.scale = nn.Parameter(ag.ones(width))
        self.register_buffer("seen", ag.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = x + self.dropout(F.gelu(layer(self.norm(x)))) * self.scale
        return x


class Rows(Dataset):
    def __init__(self, n: int) -> None:
        self.x = ag.randn(n, 4)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.x[index], index % 2


model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), Block(8), nn.Linear(8, 2))
convolution = nn.Conv2d(1, 4, kernel_size=3, padding=1, bias=False)
pooled = F.max_pool2d(F.relu(convolution(ag.randn(2, 1, 8, 8))), 2)
lstm = nn.LSTM(4, 8, num_layers=2, batch_first=True)
output, (hidden, cell) = lstm(ag.randn(2, 5, 4))
embedded = nn.Embedding(10, 4)(h)
nn.init.xavier_uniform_(convolution.weight)
nn.init.zeros_(nn.Linear(2, 2).bias)
total = sum(p.numel() for p in model.parameters() if p.requires_grad)
weights = {name: p.shape for name, p in model.named_parameters()}

# training
train, held_out = random_split(Rows(32), [24, 8])
loader = DataLoader(train, batch_size=8, shuffle=True)
criterion = nn.CrossEntropyLoss()
optimizer = optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
scheduler = CosineAnnealingLR(optimizer, T_max=3)
for epoch in range(3):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    scheduler.step()
    print(epoch, loss.item(), optimizer.param_groups[0]["lr"])
state = model.state_dict()
model.load_state_dict(state)
data = TensorDataset(ag.randn(16, 4), ag.randint(0, 2, (16,)))
steps = StepLR(optim.SGD([{"params": model.parameters()}], lr=0.1, momentum=0.9), 2)
history = optim.fit(model, data, loss=criterion, optimizer=optimizer, epochs=1, progress=False)
print(accuracy(model, *data[:8]))


def batches() -> Iterator[tuple[Tensor, Tensor]]:
    yield from loader
