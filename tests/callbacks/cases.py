"""One row per callback and setting, with the arguments it is made with."""

import numpy as np

CASES = [
    ("EarlyStopping", {"monitor": "loss", "patience": 1, "min_delta": 10.0}),
    ("EarlyStopping", {"patience": 0, "restore_best_weights": True, "mode": "max"}),
    ("EarlyStopping", {"monitor": "mean_absolute_error", "patience": 1, "baseline": 0.0}),
    ("EarlyStopping", {"patience": 0, "mode": "max", "start_from_epoch": 2, "verbose": 1}),
    ("ReduceLROnPlateau", {"monitor": "loss", "patience": 1, "min_delta": 9.0, "factor": 0.5}),
    ("ReduceLROnPlateau", {"mode": "max", "patience": 1, "cooldown": 1, "min_lr": 0.004,
                           "verbose": 1}),
    ("LearningRateScheduler", {"schedule": lambda epoch, rate: rate * 0.5, "verbose": 1}),
    ("LearningRateScheduler", {"schedule": lambda epoch: np.float32(0.01) / (epoch + 1)}),
    ("TerminateOnNaN", {}),
    ("LambdaCallback", {"on_epoch_end": lambda epoch, logs: logs.update(seen=float(epoch))}),
    ("History", {}),
    ("ProgbarLogger", {}),
    ("Callback", {}),
    ("CSVLogger", {"filename": "{folder}/log.csv"}),
    ("CSVLogger", {"filename": "{folder}/log.csv", "separator": ";", "append": True}),
    ("ModelCheckpoint", {"filepath": "{folder}/{{epoch:02d}}-{{val_loss:.1f}}.weights.h5",
                         "save_weights_only": True}),
    ("ModelCheckpoint", {"filepath": "{folder}/best.weights.h5", "save_weights_only": True,
                         "save_best_only": True, "mode": "max", "verbose": 1}),
    ("ModelCheckpoint", {"filepath": "{folder}/{{epoch}}-{{batch}}.weights.h5",
                         "save_weights_only": True, "save_freq": 3}),
    ("BackupAndRestore", {"backup_dir": "{folder}/backup", "delete_checkpoint": False}),
]  # fmt: skip

# Have tests of their own: the optimizer must keep averages; Keras has no such callback, or needs
# packages for it that are not here.
OWN = {
    "SwapEMAWeights", "CallbackList", "GradientNorms", "LivePlot",
    "OrbaxCheckpoint", "RemoteMonitor", "TensorBoard", "newest_checkpoint",
}  # fmt: skip
