"""Made the files beside it, with numpy 1.24; run it in this folder to make them again."""
import io
import zipfile

import numpy as np

mu = np.arange(3, dtype=np.float64) / 4 - 0.25
sigma = np.array([[2, 0.5, 0], [0.5, 1, -0.125], [0, -0.125, 3]])
ramp = np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 8
everything = dict(mu=mu, sigma=sigma, fortran=np.asfortranarray(ramp), number=np.float64(7.5), empty=np.zeros((0, 4), np.float32),
                  whole=np.arange(3), big=mu.astype(">f8"), objects=np.array([{}], dtype=object), pair=np.zeros(2, [("a", "<f4"), ("b", "<f8")]))
np.savez("stored.npz", **everything)
np.savez_compressed("deflated.npz", **everything)
with zipfile.ZipFile("versions.npz", "w") as archive:
    for version in (1, 0), (2, 0), (3, 0):
        array = io.BytesIO()
        np.lib.format.write_array(array, ramp, version=version)
        archive.writestr(f"v{version[0]}.npy", array.getvalue())
