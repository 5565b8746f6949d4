"""A small convolutional network that reads handwritten letters.

    python -m hornlet run examples/letters_convnet.py [epochs]

`import keras` may also be the real Keras; the pictures come with hornlet.
"""

import sys

import keras
from keras import layers

from hornlet.datasets import letters

EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 6
LETTERS = "adeghp"

keras.utils.set_random_seed(0)
(x_train, y_train), (x_test, y_test) = letters.load_data(LETTERS, size=20)
x_train, x_test = (x[..., None].astype("float32") / 255 for x in (x_train, x_test))
y_train, y_test = (keras.utils.to_categorical(y, len(LETTERS)) for y in (y_train, y_test))

model = keras.Sequential(
    [
        keras.Input(shape=(20, 20, 1)),
        layers.Conv2D(16, kernel_size=3, activation="relu"),
        layers.MaxPooling2D(pool_size=2),
        layers.Conv2D(32, kernel_size=3, activation="relu"),
        layers.MaxPooling2D(pool_size=2),
        layers.Flatten(),
        layers.Dropout(0.3),
        layers.Dense(len(LETTERS), activation="softmax"),
    ]
)
model.summary()
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=128, epochs=EPOCHS, validation_split=0.1, verbose=2)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"loss {loss:.4f}")
print(f"accuracy {accuracy:.4f}")
