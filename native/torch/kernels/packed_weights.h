// Weights that do not change, kept in the order in which products read them.
#pragma once
#include "kernels.h"

#include <ATen/core/Tensor.h>

namespace pagoda {

/// B of a product, packed once for all that follow; null for a weight that trains, that is used for the first time since it was written to, or
/// for which there is no room. It stays while the weight lives and is not written to.
const float* packed_weight(const Kernels& kernels, const at::Tensor& weight, const Product& product);

/// To be called when an owner of a tensor has left: gives back what was kept of weights that nobody owns any more.
void left(const void* tensor);

}  // namespace pagoda
