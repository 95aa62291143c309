"""Fine-tunes an ImageNet-initialised U-Net to separate people from their background.

python train.py                                          the public human dataset, fetched first
python train.py --data DIR --data DIR2=0.5 --epochs 25    your own; DIR2's photos are drawn half as often
python train.py --resume                                  go on where the last run stopped, with its options
accelerate launch --multi_gpu --num_processes 2 train.py  more GPUs, the same effective batch
torchrun --nproc_per_node 2 train.py                      the same on CPUs
"""

from __future__ import annotations

import sys

from humanseg.errors import HumanSegError
from humanseg.extras import needed
from humanseg.training.memory import keep_freed_memory


def main(arguments: list[str] | None = None) -> None:
    with needed("train", "Training"):
        from humanseg.training import options

    given = options.parse(arguments, __doc__)
    keep_freed_memory()
    from humanseg.data.sources import gather
    from humanseg.model.config import ONNX_NAME
    from humanseg.model.export import write_onnx
    from humanseg.training.fit import fit
    from humanseg.training.processes import make_accelerator, on_main

    accelerator = make_accelerator()
    run, values = on_main(accelerator, lambda: options.settle(given))
    config, model = options.configurations(values)
    sources, validation = gather(
        values["data"], values["negatives"], values["pseudo"],
        loose=values["loose"], complete=values["complete"], fold=values["fold"],
    )  # fmt: skip
    fit(
        run, model, config, sources, validation,
        resume=values["resume"], start_from=values["start_from"], new_decoder=values["decoder"] is not None,
        stop_after=values["stop_after"], tensorboard=values["tensorboard"], arguments=options.to_keep(values),
    )  # fmt: skip
    on_main(accelerator, lambda: write_onnx(run, run / ONNX_NAME))


if __name__ == "__main__":
    try:
        main()
    except HumanSegError as error:
        sys.exit(str(error))
