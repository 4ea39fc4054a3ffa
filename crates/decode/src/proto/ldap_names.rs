//! Names of values in LDAP (RFC 4511). Sorted by value.

use crate::field::ValueNames;

/// Operations, by application tag.
pub(super) const PROTOCOL_OPS: ValueNames = &[
    (0, "bindRequest"),
    (1, "bindResponse"),
    (2, "unbindRequest"),
    (3, "searchRequest"),
    (4, "searchResEntry"),
    (5, "searchResDone"),
    (6, "modifyRequest"),
    (7, "modifyResponse"),
    (8, "addRequest"),
    (9, "addResponse"),
    (10, "delRequest"),
    (11, "delResponse"),
    (12, "modDNRequest"),
    (13, "modDNResponse"),
    (14, "compareRequest"),
    (15, "compareResponse"),
    (16, "abandonRequest"),
    (19, "searchResRef"),
    (23, "extendedReq"),
    (24, "extendedResp"),
    (25, "intermediateResponse"),
];

/// How far a search goes (§4.5.1.2).
pub(super) const SCOPES: ValueNames =
    &[(0, "baseObject"), (1, "singleLevel"), (2, "wholeSubtree"), (3, "subordinateSubtree")];

/// When aliases are followed (§4.5.1.3).
pub(super) const DEREF_ALIASES: ValueNames =
    &[(0, "neverDerefAliases"), (1, "derefInSearching"), (2, "derefFindingBaseObj"), (3, "derefAlways")];

/// Kinds of filters, by context tag (§4.5.1.7).
pub(super) const FILTERS: ValueNames = &[
    (0, "and"),
    (1, "or"),
    (2, "not"),
    (3, "equalityMatch"),
    (4, "substrings"),
    (5, "greaterOrEqual"),
    (6, "lessOrEqual"),
    (7, "present"),
    (8, "approxMatch"),
    (9, "extensibleMatch"),
];

/// Changes of an attribute (§4.6, RFC 4525).
pub(super) const OPERATIONS: ValueNames = &[(0, "add"), (1, "delete"), (2, "replace"), (3, "increment")];

/// Results (§4.1.9, appendix A).
pub(super) const RESULT_CODES: ValueNames = &[
    (0, "success"),
    (1, "operationsError"),
    (2, "protocolError"),
    (3, "timeLimitExceeded"),
    (4, "sizeLimitExceeded"),
    (5, "compareFalse"),
    (6, "compareTrue"),
    (7, "authMethodNotSupported"),
    (8, "strongerAuthRequired"),
    (10, "referral"),
    (11, "adminLimitExceeded"),
    (12, "unavailableCriticalExtension"),
    (13, "confidentialityRequired"),
    (14, "saslBindInProgress"),
    (16, "noSuchAttribute"),
    (17, "undefinedAttributeType"),
    (18, "inappropriateMatching"),
    (19, "constraintViolation"),
    (20, "attributeOrValueExists"),
    (21, "invalidAttributeSyntax"),
    (32, "noSuchObject"),
    (33, "aliasProblem"),
    (34, "invalidDNSyntax"),
    (36, "aliasDereferencingProblem"),
    (48, "inappropriateAuthentication"),
    (49, "invalidCredentials"),
    (50, "insufficientAccessRights"),
    (51, "busy"),
    (52, "unavailable"),
    (53, "unwillingToPerform"),
    (54, "loopDetect"),
    (64, "namingViolation"),
    (65, "objectClassViolation"),
    (66, "notAllowedOnNonLeaf"),
    (67, "notAllowedOnRDN"),
    (68, "entryAlreadyExists"),
    (69, "objectClassModsProhibited"),
    (71, "affectsMultipleDSAs"),
    (80, "other"),
];
