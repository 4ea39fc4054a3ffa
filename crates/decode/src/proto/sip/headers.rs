//! The header fields that have a row of their own: those of RFC 3261, and of the registry of IANA.

/// Defines the table of SIP: its own rows, then those of the header fields by their names, and a list of these with their
/// short forms (RFC 3261 §7.3.3).
macro_rules! header_fields {
    ($($own:tt)*) => { $crate::proto::sip::headers::named_fields! {
        { $($own)* }
        {
            "Accept" "" ACCEPT: Text;
            "Accept-Contact" "a" ACCEPT_CONTACT: Text;
            "Accept-Encoding" "" ACCEPT_ENCODING: Text;
            "Accept-Language" "" ACCEPT_LANGUAGE: Text;
            "Accept-Resource-Priority" "" ACCEPT_RESOURCE_PRIORITY: Text;
            "Additional-Identity" "" ADDITIONAL_IDENTITY: Text;
            "Alert-Info" "" ALERT_INFO: Text;
            "Allow" "" ALLOW: Text;
            "Allow-Events" "u" ALLOW_EVENTS: Text;
            "Answer-Mode" "" ANSWER_MODE: Text;
            "Attestation-Info" "" ATTESTATION_INFO: Text;
            "Authentication-Info" "" AUTHENTICATION_INFO: Text;
            "Authorization" "" AUTHORIZATION: Text;
            "Call-ID" "i" CALL_ID: Text;
            "Call-Info" "" CALL_INFO: Text;
            "Cellular-Network-Info" "" CELLULAR_NETWORK_INFO: Text;
            "Contact" "m" CONTACT: Text;
            "Content-Disposition" "" CONTENT_DISPOSITION: Text;
            "Content-Encoding" "e" CONTENT_ENCODING: Text;
            "Content-Language" "" CONTENT_LANGUAGE: Text;
            "Content-Length" "l" CONTENT_LENGTH: U32;
            "Content-Type" "c" CONTENT_TYPE: Text;
            "CSeq" "" CSEQ: Text;
            "Date" "" DATE: Text;
            "Diversion" "" DIVERSION: Text;
            "Error-Info" "" ERROR_INFO: Text;
            "ETag" "" ETAG: Text;
            "Event" "o" EVENT: Text;
            "Expires" "" EXPIRES: U32;
            "Feature-Caps" "" FEATURE_CAPS: Text;
            "Flow-Timer" "" FLOW_TIMER: Text;
            "From" "f" FROM: Text;
            "Geolocation" "" GEOLOCATION: Text;
            "Geolocation-Error" "" GEOLOCATION_ERROR: Text;
            "Geolocation-Routing" "" GEOLOCATION_ROUTING: Text;
            "History-Info" "" HISTORY_INFO: Text;
            "Identity" "y" IDENTITY: Text;
            "Identity-info" "" IDENTITY_INFO: Text;
            "If_Match" "" IF_MATCH: Text;
            "In-Reply-To" "" IN_REPLY_TO: Text;
            "Info-Package" "" INFO_PACKAGE: Text;
            "Join" "" JOIN: Text;
            "Max-Breadth" "" MAX_BREADTH: U32;
            "Max-Forwards" "" MAX_FORWARDS: U32;
            "MIME-Version" "" MIME_VERSION: Text;
            "Min-Expires" "" MIN_EXPIRES: Text;
            "Min-SE" "" MIN_SE: Text;
            "Organization" "" ORGANIZATION: Text;
            "Origination-Id" "" ORIGINATION_ID: Text;
            "P-Access-Network-Info" "" P_ACCESS_NETWORK_INFO: Text;
            "P-Answer-State" "" P_ANSWER_STATE: Text;
            "P-Asserted-Identity" "" P_ASSERTED_IDENTITY: Text;
            "P-Asserted-Service" "" P_ASSERTED_SERVICE: Text;
            "P-Associated-URI" "" P_ASSOCIATED_URI: Text;
            "P-Called-Party-ID" "" P_CALLED_PARTY_ID: Text;
            "P-Charge-Info" "" P_CHARGE_INFO: Text;
            "P-Charging-Function-Addresses" "" P_CHARGING_FUNCTION_ADDRESSES: Text;
            "P-Charging-Vector" "" P_CHARGING_VECTOR: Text;
            "P-DCS-Billing-Info" "" P_DCS_BILLING_INFO: Text;
            "P-DCS-LAES" "" P_DCS_LAES: Text;
            "P-DCS-OSPS" "" P_DCS_OSPS: Text;
            "P-DCS-Redirect" "" P_DCS_REDIRECT: Text;
            "P-DCS-Trace-Party-ID" "" P_DCS_TRACE_PARTY_ID: Text;
            "P-Early-Media" "" P_EARLY_MEDIA: Text;
            "P-Media-Authorization" "" P_MEDIA_AUTHORIZATION: Text;
            "P-Preferred-Identity" "" P_PREFERRED_IDENTITY: Text;
            "P-Preferred-Service" "" P_PREFERRED_SERVICE: Text;
            "P-Profile-Key" "" P_PROFILE_KEY: Text;
            "P-Refused-URI-List" "" P_REFUSED_URI_LIST: Text;
            "P-Served-User" "" P_SERVED_USER: Text;
            "P-User-Database" "" P_USER_DATABASE: Text;
            "P-Visited-Network-ID" "" P_VISITED_NETWORK_ID: Text;
            "Path" "" PATH: Text;
            "Permission-Missing" "" PERMISSION_MISSING: Text;
            "Policy_Contact" "" POLICY_CONTACT: Text;
            "Policy_ID" "" POLICY_ID: Text;
            "Priority" "" PRIORITY: Text;
            "Priority-Share" "" PRIORITY_SHARE: Text;
            "Priv-Answer-mode" "" PRIV_ANSWER_MODE: Text;
            "Privacy" "" PRIVACY: Text;
            "Proxy-Authenticate" "" PROXY_AUTHENTICATE: Text;
            "Proxy-Authorization" "" PROXY_AUTHORIZATION: Text;
            "Proxy-Require" "" PROXY_REQUIRE: Text;
            "RAck" "" RACK: Text;
            "Reason" "" REASON: Text;
            "Reason-Phrase" "" REASON_PHRASE: Text;
            "Record-Route" "" RECORD_ROUTE: Text;
            "Recv-Info" "" RECV_INFO: Text;
            "Refer-Sub" "" REFER_SUB: Text;
            "Refer-To" "r" REFER_TO: Text;
            "Referred-by" "" REFERRED_BY: Text;
            "Reject-Contact" "j" REJECT_CONTACT: Text;
            "Relayed-Charge" "" RELAYED_CHARGE: Text;
            "Replaces" "" REPLACES: Text;
            "Reply-To" "" REPLY_TO: Text;
            "Request-Disposition" "d" REQUEST_DISPOSITION: Text;
            "Require" "" REQUIRE: Text;
            "Resource-Priority" "" RESOURCE_PRIORITY: Text;
            "Resource-Share" "" RESOURCE_SHARE: Text;
            "Response-Source" "" RESPONSE_SOURCE: Text;
            "Restoration-Info" "" RESTORATION_INFO: Text;
            "Retry-After" "" RETRY_AFTER: U32;
            "Route" "" ROUTE: Text;
            "RSeq" "" RSEQ: U32;
            "Security-Client" "" SECURITY_CLIENT: Text;
            "Security-Server" "" SECURITY_SERVER: Text;
            "Security-Verify" "" SECURITY_VERIFY: Text;
            "Server" "" SERVER: Text;
            "Service-Interact-Info" "" SERVICE_INTERACT_INFO: Text;
            "Service-Route" "" SERVICE_ROUTE: Text;
            "Session-Expires" "x" SESSION_EXPIRES: Text;
            "Session-ID" "" SESSION_ID: Text;
            "Subject" "s" SUBJECT: Text;
            "Subscription-State" "" SUBSCRIPTION_STATE: Text;
            "Supported" "k" SUPPORTED: Text;
            "Suppress_If_Match" "" SUPPRESS_IF_MATCH: Text;
            "Target-Dialog" "" TARGET_DIALOG: Text;
            "Timestamp" "" TIMESTAMP: Text;
            "To" "t" TO: Text;
            "Trigger-Consent" "" TRIGGER_CONSENT: Text;
            "Unsupported" "" UNSUPPORTED: Text;
            "User-Agent" "" USER_AGENT: Text;
            "Via" "v" VIA: Text;
            "Warning" "" WARNING: Text;
            "WWW-Authenticate" "" WWW_AUTHENTICATE: Text;
        }
    } };
}
pub(super) use header_fields;

macro_rules! named_fields {
    ({ $($own:tt)* } { $($name:literal $short:literal $row:ident: $kind:ident;)* }) => {
        fields! {
            $($own)*
            $($row: $kind walk, concat!("sip.", $name), $name;)*
        }

        const HEADERS: &[(&str, &str, FieldIndex)] = &[$(($name, $short, $row)),*];
    };
}
pub(super) use named_fields;
