import io

import numpy as np
import pytest
import torch
from PIL import Image

from humanseg.training.gpu.damage import Damage

CPU = torch.device("cpu")


@pytest.fixture
def photos():
    """Smooth pictures, each of its own colours."""
    coarse = torch.rand(12, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(coarse, size=(48, 48), mode="bicubic").clamp(0, 1)


def test_photos_stay_photos(photos):
    damaged = Damage(1.0, CPU)(photos.clone())
    assert damaged.shape == photos.shape and 0 <= damaged.min() and damaged.max() <= 1
    changes = (damaged - photos).abs().mean((1, 2, 3))
    assert changes.max() > 0.05 and torch.isfinite(damaged).all()


def test_a_share_is_left_alone(photos):
    many = photos.repeat(20, 1, 1, 1)
    unchanged = [torch.equal(a, b) for a, b in zip(Damage(0.5, CPU)(many.clone()), many, strict=True)]
    assert 0.35 < np.mean(unchanged) < 0.65
    assert torch.equal(Damage(0.0, CPU)(photos.clone()), photos)


def test_the_same_seed_damages_alike(photos):
    one, same, other = (Damage(1.0, CPU, seed)(photos.clone()) for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)


@pytest.mark.parametrize("quality", [20, 50, 80])
def test_compression_is_that_of_jpeg(photos, monkeypatch, quality):
    damage = Damage(1.0, CPU)
    monkeypatch.setattr(damage, "_uniform", lambda count, low, high: torch.full((count, 1, 1, 1), float(quality)))
    ours = (damage._jpeg(photos.clone()) * 255).round()
    for photo, mine in zip((photos * 255).round().byte(), ours, strict=True):
        buffer = io.BytesIO()
        Image.fromarray(photo.permute(1, 2, 0).numpy()).save(buffer, "JPEG", quality=quality, subsampling=2)
        theirs = torch.from_numpy(np.asarray(Image.open(buffer)).copy()).permute(2, 0, 1)
        damage_done = (
            (photo.float() - theirs).abs().mean()
        )  # 4 to 10 levels; decoders differ in how colours are enlarged
        assert (mine - theirs).abs().mean() < 0.5 * damage_done


def test_blurs_keep_the_light_and_lose_the_detail():
    noise = torch.rand(16, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    blurred = Damage(1.0, CPU)._blur(noise)
    assert torch.allclose(blurred.mean(), noise.mean(), atol=0.01)
    assert (blurred.std((2, 3)) < noise.std((2, 3))).all()
