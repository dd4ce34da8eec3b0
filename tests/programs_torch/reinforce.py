"""Policy gradients on a corridor of one's own: saved log probabilities, returns backwards in time, baselines."""

from collections import deque, namedtuple

import numpy as np

from .common import fill

SavedAction = namedtuple("SavedAction", ["log_prob", "value"])


class Corridor:
    """Nine cells; the last pays 1, a step costs 0.1."""

    def reset(self):
        self.at, self.time = 4, 0
        return self.state()

    def state(self):
        return np.eye(9, dtype=np.float32)[self.at]

    def step(self, action):
        self.at = min(max(self.at + (1 if action else -1), 0), 8)
        self.time += 1
        done = self.at in (0, 8) or self.time == 12
        return self.state(), (1.0 if self.at == 8 else -0.1), done


def run(torch):
    nn, F, optim = torch.nn, torch.nn.functional, torch.optim
    rng = np.random.default_rng(0)
    env = Corridor()
    eps = np.finfo(np.float32).eps.item()
    assert eps == torch.finfo(torch.float32).eps

    class Policy(nn.Module):
        def __init__(self):
            super().__init__()
            self.affine1 = nn.Linear(9, 12)
            self.action_head = nn.Linear(12, 2)
            self.value_head = nn.Linear(12, 1)
            self.saved_actions, self.rewards = [], []

        def forward(self, x):
            x = F.relu(self.affine1(x))
            return F.softmax(self.action_head(x), dim=-1), self.value_head(x)

    model = fill(torch, Policy(), seed=6)
    optimizer = optim.Adam(model.parameters(), lr=3e-2)

    def select_action(state):
        state = torch.from_numpy(state).float().unsqueeze(0)
        probs, value = model(state)
        action = int(rng.random() > probs[0, 0].item())
        log_prob = torch.log(probs.gather(1, torch.tensor([[action]]))).squeeze()
        model.saved_actions.append(SavedAction(log_prob, value.squeeze(-1)))
        return action

    def finish_episode():
        R, returns = 0, deque()
        for r in model.rewards[::-1]:
            R = r + 0.95 * R
            returns.appendleft(R)
        returns = torch.tensor(returns)
        returns = (returns - returns.mean()) / (returns.std(unbiased=False) + eps)
        policy_losses, value_losses = [], []
        for (log_prob, value), R in zip(model.saved_actions, returns):
            advantage = R - value.item()
            policy_losses.append(-log_prob * advantage)
            value_losses.append(F.smooth_l1_loss(value, torch.tensor([R])))
        optimizer.zero_grad()
        loss = torch.stack(policy_losses).sum() + torch.stack(value_losses).sum()
        loss.backward()
        optimizer.step()
        del model.rewards[:]
        del model.saved_actions[:]
        return loss.item()

    out, running_reward = [], 0.0
    for _ in range(12):
        state, ep_reward, done = env.reset(), 0.0, False
        while not done:
            action = select_action(state)
            state, reward, done = env.step(action)
            model.rewards.append(reward)
            ep_reward += reward
        running_reward = 0.1 * ep_reward + 0.9 * running_reward
        out += [finish_episode(), running_reward]
    return out
