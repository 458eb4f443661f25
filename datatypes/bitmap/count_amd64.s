#include "textflag.h"

// func countVPOPCNT(p *byte, blocks int) int64
//
// Counts the bits of blocks of 256 bytes, 64 bytes with an instruction.
TEXT ·countVPOPCNT(SB), NOSPLIT, $0-24
	MOVQ p+0(FP), SI
	MOVQ blocks+8(FP), CX
	VPXORQ Z0, Z0, Z0
	VPXORQ Z1, Z1, Z1
	VPXORQ Z2, Z2, Z2
	VPXORQ Z3, Z3, Z3

loop512:
	VPOPCNTQ (SI), Z4
	VPOPCNTQ 64(SI), Z5
	VPOPCNTQ 128(SI), Z6
	VPOPCNTQ 192(SI), Z7
	VPADDQ   Z4, Z0, Z0
	VPADDQ   Z5, Z1, Z1
	VPADDQ   Z6, Z2, Z2
	VPADDQ   Z7, Z3, Z3
	ADDQ     $256, SI
	DECQ     CX
	JNZ      loop512

	VPADDQ        Z1, Z0, Z0
	VPADDQ        Z3, Z2, Z2
	VPADDQ        Z2, Z0, Z0
	VEXTRACTI64X4 $1, Z0, Y1
	VPADDQ        Y1, Y0, Y0
	VEXTRACTI128  $1, Y0, X1
	VPADDQ        X1, X0, X0
	VPSRLDQ       $8, X0, X1
	VPADDQ        X1, X0, X0
	VMOVQ         X0, AX
	MOVQ          AX, ret+16(FP)
	VZEROUPPER
	RET

// func countAVX2(p *byte, blocks int) int64
//
// Counts the bits of blocks of 256 bytes: the half bytes are looked up in a table of
// their counts, 32 at a time.
TEXT ·countAVX2(SB), NOSPLIT, $0-24
	MOVQ    p+0(FP), SI
	MOVQ    blocks+8(FP), CX
	SHLQ    $2, CX
	VMOVDQU counts<>(SB), Y0
	VMOVDQU low<>(SB), Y1
	VPXOR   Y2, Y2, Y2
	VPXOR   Y3, Y3, Y3

loop256:
	VMOVDQU (SI), Y4
	VMOVDQU 32(SI), Y5
	VPAND   Y1, Y4, Y6
	VPAND   Y1, Y5, Y7
	VPSRLW  $4, Y4, Y4
	VPSRLW  $4, Y5, Y5
	VPAND   Y1, Y4, Y4
	VPAND   Y1, Y5, Y5
	VPSHUFB Y6, Y0, Y6
	VPSHUFB Y7, Y0, Y7
	VPSHUFB Y4, Y0, Y4
	VPSHUFB Y5, Y0, Y5
	VPADDB  Y4, Y6, Y6
	VPADDB  Y5, Y7, Y7
	VPADDB  Y6, Y7, Y7
	VPSADBW Y2, Y7, Y7
	VPADDQ  Y7, Y3, Y3
	ADDQ    $64, SI
	DECQ    CX
	JNZ     loop256

	VEXTRACTI128 $1, Y3, X4
	VPADDQ       X4, X3, X3
	VPSRLDQ      $8, X3, X4
	VPADDQ       X4, X3, X3
	VMOVQ        X3, AX
	MOVQ         AX, ret+16(FP)
	VZEROUPPER
	RET

DATA counts<>+0(SB)/8, $0x0302020102010100
DATA counts<>+8(SB)/8, $0x0403030203020201
DATA counts<>+16(SB)/8, $0x0302020102010100
DATA counts<>+24(SB)/8, $0x0403030203020201
GLOBL counts<>(SB), RODATA|NOPTR, $32

DATA low<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA low<>+8(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA low<>+16(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA low<>+24(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL low<>(SB), RODATA|NOPTR, $32
