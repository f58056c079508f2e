"""Short sentences on errors. A name alone is spelled out and nothing added: what it hints at may be wrong."""

from __future__ import annotations

from keepwell.expert.reading.reading import words
from keepwell.expert.reading.tables import ProgramTable

CHECKED = {
    (
        "orca_whirlpool",
        "ZeroTradableAmount",
    ): "the caller asked to trade an amount of 0; it does not speak of liquidity",
    ("raydium_cpmm", "InsufficientVault"): "the pool's own accounting of its vaults does not add up",
    ("kamino_lend", "WorseLtvBlocked"): "the position is marked for deleveraging, or its loan-to-value would get worse",
}
"""Names that mislead, with what was read at the place that raises them."""

TRANSACTION = {
    "AccountInUse": "an account was being used by another transaction",
    "AccountLoadedTwice": "an account is listed twice in the transaction",
    "AccountNotFound": "the paying account does not exist: it never received anything",
    "ProgramAccountNotFound": "a program that the transaction calls does not exist",
    "InsufficientFundsForFee": "the fee payer has too little to pay the fee",
    "InvalidAccountForFee": "the fee payer is an account that may not pay fees",
    "AlreadyProcessed": "the same transaction was processed before",
    "BlockhashNotFound": "the node does not know the blockhash, or it has expired",
    "CallChainTooDeep": "the chain of program loaders is too deep",
    "MissingSignatureForFee": "the fee payer has not signed",
    "InvalidAccountIndex": "an instruction refers to an account that is not in the transaction",
    "SignatureFailure": "a signature does not fit the transaction",
    "InvalidProgramForExecution": "the transaction calls an account that cannot be run",
    "SanitizeFailure": "the transaction is not well-formed",
    "ClusterMaintenance": "the cluster takes no transactions during maintenance",
    "AccountBorrowOutstanding": "an account was left borrowed at the end",
    "WouldExceedMaxBlockCostLimit": "the block had no room left for its cost",
    "UnsupportedVersion": "the node does not support this version of transactions",
    "InvalidWritableAccount": "the transaction wants to write an account that cannot be written",
    "WouldExceedMaxAccountCostLimit": "the block had no room left for work on one of its writable accounts",
    "WouldExceedAccountDataBlockLimit": "the block had no room left for its account data",
    "TooManyAccountLocks": "the transaction uses too many accounts",
    "AddressLookupTableNotFound": "an address lookup table does not exist",
    "InvalidAddressLookupTableOwner": "an address lookup table belongs to the wrong program",
    "InvalidAddressLookupTableData": "an address lookup table holds no valid data",
    "InvalidAddressLookupTableIndex": "the transaction refers to an entry that the lookup table does not have",
    "InvalidRentPayingAccount": "an account would be left below the minimum that exempts it from rent",
    "WouldExceedMaxVoteCostLimit": "the block had no room left for votes",
    "WouldExceedAccountDataTotalLimit": "there is no room left for account data as a whole",
    "DuplicateInstruction": "an instruction stands twice that may stand only once",
    "InsufficientFundsForRent": "an account would be left with too little to be exempt from rent",
    "MaxLoadedAccountsDataSizeExceeded": "the accounts it loads hold more data than it may load",
    "InvalidLoadedAccountsDataSizeLimit": "the limit it sets for loaded account data is 0",
    "ResanitizationNeeded": "the transaction has to be checked again after a feature was activated",
    "ProgramExecutionTemporarilyRestricted": "a program it calls is restricted for the time being",
    "UnbalancedTransaction": "the balances before and after do not add up",
    "ProgramCacheHitMaxLimit": "the node's cache of programs was full",
    "CommitCancelled": "the node cancelled it before it was committed",
}

TEXTS = {
    "invalid program argument": "InvalidArgument",
    "invalid instruction data": "InvalidInstructionData",
    "invalid account data for instruction": "InvalidAccountData",
    "account data too small for instruction": "AccountDataTooSmall",
    "insufficient funds for instruction": "InsufficientFunds",
    "incorrect program id for instruction": "IncorrectProgramId",
    "missing required signature for instruction": "MissingRequiredSignature",
    "instruction requires an uninitialized account": "AccountAlreadyInitialized",
    "instruction requires an initialized account": "UninitializedAccount",
    "insufficient account keys for instruction": "NotEnoughAccountKeys",
    "program returned invalid error code": "InvalidError",
    "Unsupported program id": "UnsupportedProgramId",
    "Cross-program invocation call depth too deep": "CallDepth",
    "An account required by the instruction is missing": "MissingAccount",
    "Cross-program invocation reentrancy not allowed for this instruction": "ReentrancyNotAllowed",
    "Provided seeds do not result in a valid address": "InvalidSeeds",
    "Failed to reallocate account data": "InvalidRealloc",
    "Computational budget exceeded": "ComputationalBudgetExceeded",
    "Cross-program invocation with unauthorized signer or writable account": "PrivilegeEscalation",
    "Program failed to complete": "ProgramFailedToComplete",
    "Account is immutable": "Immutable",
    "Incorrect authority provided": "IncorrectAuthority",
    "An account does not have enough lamports to be rent-exempt": "AccountNotRentExempt",
    "Invalid account owner": "InvalidAccountOwner",
    "Program arithmetic overflowed": "ArithmeticOverflow",
    "Provided owner is not allowed": "IllegalOwner",
    "Block production bailed out": "BailOut",
}
"""What the runtime logs for a variant of InstructionError (anza-xyz/solana-sdk, instruction-error/src/lib.rs)."""


def of_program(table: ProgramTable | None, name: str) -> str:
    """What a name of a program's error says."""
    if table is None:
        return words(name)
    return f"{table.label}: {CHECKED.get((table.key, name)) or words(name)}"
