"""keras.callbacks."""

from hornlet.callbacks.averaged import SwapEMAWeights
from hornlet.callbacks.backup import BackupAndRestore
from hornlet.callbacks.callback import Callback
from hornlet.callbacks.callback_list import CallbackList
from hornlet.callbacks.checkpoint import ModelCheckpoint
from hornlet.callbacks.history import History
from hornlet.callbacks.manifest import newest_checkpoint
from hornlet.callbacks.monitor import EarlyStopping, ReduceLROnPlateau
from hornlet.callbacks.progbar import ProgbarLogger
from hornlet.callbacks.remote import OrbaxCheckpoint, RemoteMonitor
from hornlet.callbacks.small import (
    CSVLogger,
    LambdaCallback,
    LearningRateScheduler,
    TerminateOnNaN,
)
from hornlet.callbacks.tensorboard import TensorBoard
from hornlet.callbacks.watching import GradientNorms, LivePlot

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "GradientNorms",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "LivePlot",
    "ModelCheckpoint",
    "OrbaxCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
    "newest_checkpoint",
]
