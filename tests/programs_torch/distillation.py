"""A small network learns from a large one: softened outputs, hidden states by cosine, feature maps by a regressor."""

from .common import fill, labels, numbers


def run(torch):
    nn, optim = torch.nn, torch.optim

    class Deep(nn.Module):
        def __init__(self, num_classes=4, width=8):
            super().__init__()
            self.features = nn.Sequential(
                nn.Conv2d(3, width, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(kernel_size=2, stride=2),
                nn.Conv2d(width, 4, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(kernel_size=2, stride=2),
            )  # fmt: skip
            self.classifier = nn.Sequential(nn.Linear(16, 12), nn.ReLU(), nn.Dropout(0.0), nn.Linear(12, num_classes))

        def forward(self, x):
            x = self.features(x)
            flat = torch.flatten(x, 1)
            return self.classifier(flat), flat, x

    teacher = fill(torch, Deep(), seed=1, scale=0.4)
    student = fill(torch, Deep(width=3), seed=2, scale=0.4)
    inputs, y = torch.tensor(numbers(16, 3, 8, 8, seed=3)), torch.tensor(labels(16, 4, seed=4))
    out, ce_loss = [], nn.CrossEntropyLoss()

    def train(model, epochs):
        optimizer = optim.Adam(model.parameters(), lr=0.01)
        model.train()
        for _ in range(epochs):
            optimizer.zero_grad()
            loss = ce_loss(model(inputs)[0], y)
            loss.backward()
            optimizer.step()
            out.append(loss.item())

    train(teacher, 4)
    teacher.eval()
    student.train()
    optimizer = optim.Adam(student.parameters(), lr=0.01)
    T = 2
    for _ in range(4):
        optimizer.zero_grad()
        with torch.no_grad():
            teacher_logits, _, _ = teacher(inputs)
        student_logits, _, _ = student(inputs)
        soft_targets = nn.functional.softmax(teacher_logits / T, dim=-1)
        soft_prob = nn.functional.log_softmax(student_logits / T, dim=-1)
        soft_loss = torch.sum(soft_targets * (soft_targets.log() - soft_prob)) / soft_prob.size()[0] * (T**2)
        kl = nn.KLDivLoss(reduction="batchmean", log_target=False)(soft_prob, soft_targets) * T**2
        assert torch.isclose(kl, soft_loss, rtol=1e-4)
        loss = 0.25 * soft_loss + 0.75 * ce_loss(student_logits, y)
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    cosine_loss = nn.CosineEmbeddingLoss()
    regressor = fill(torch, nn.Conv2d(4, 4, kernel_size=1), seed=5, scale=0.5)
    optimizer = optim.Adam([*student.parameters(), *regressor.parameters()], lr=0.01)
    for _ in range(4):
        optimizer.zero_grad()
        with torch.no_grad():
            _, teacher_hidden, teacher_maps = teacher(inputs)
        logits, hidden, maps = student(inputs)
        hidden_loss = cosine_loss(hidden, teacher_hidden, target=torch.ones(inputs.size(0)))
        map_loss = nn.MSELoss()(regressor(maps), teacher_maps)
        loss = 0.25 * (hidden_loss + map_loss) + 0.75 * ce_loss(logits, y)
        loss.backward()
        optimizer.step()
        out += [hidden_loss.item(), map_loss.item(), loss.item()]
    total = sum(p.numel() for p in student.parameters())
    norm = torch.norm(student.features[0].weight).item()
    return out + [f"{total:d}", norm]
