// wmma.load, wmma.store and wmma.mma share their shapes.
#pragma once
#include "instructions/matrix/form_words.h"

namespace decode_lab::instructions {

// Refuses what the ISA does not have (PTX ISA 9.7.14.1) and targets that are too old.
void require_wmma_shape(const Decoding& decoding, Element factors, MatrixShape shape);

// Registers that a fragment of A or B is written with: of .f16 always eight, some of them copies.
uint32_t wmma_written(Element factors, uint32_t kept);

void decode_wmma_load(Decoding& decoding);
void decode_wmma_store(Decoding& decoding);

}  // namespace decode_lab::instructions
