//! The attributes, each with its number and its field: those of the registry of IANA, and those of some vendors.

/// Defines the table of RADIUS: its own rows, then those of the attributes, and a list of the attributes of each vendor
/// in the order of their numbers. The type of a row says how the value is read.
macro_rules! attribute_fields {
    ($($own:tt)*) => { $crate::proto::radius::attributes::numbered_fields! {
        { $($own)* }
        STANDARD {
            1 USER_NAME: Text, "User_Name", "User-Name";
            2 USER_PASSWORD: Bytes, "User_Password_encrypted", "User-Password (encrypted)";
            3 CHAP_PASSWORD: Bytes, "CHAP_Password", "CHAP-Password";
            4 NAS_IP_ADDRESS: Ip4, "NAS_IP_Address", "NAS-IP-Address";
            5 NAS_PORT: U32, "NAS_Port", "NAS-Port";
            6 SERVICE_TYPE: U32, "Service_Type",
                "Service-Type", names($crate::proto::radius::names::SERVICE_TYPES);
            7 FRAMED_PROTOCOL: U32, "Framed_Protocol",
                "Framed-Protocol", names($crate::proto::radius::names::FRAMED_PROTOCOLS);
            8 FRAMED_IP_ADDRESS: Ip4, "Framed-IP-Address", "Framed-IP-Address";
            9 FRAMED_IP_NETMASK: Ip4, "Framed_IP_Netmask", "Framed-IP-Netmask";
            10 FRAMED_ROUTING: U32, "Framed_Routing", "Framed-Routing";
            11 FILTER_ID: Text, "Filter_Id", "Filter-Id";
            12 FRAMED_MTU: U32, "Framed_MTU", "Framed-MTU";
            13 FRAMED_COMPRESSION: U32, "Framed_Compression", "Framed-Compression";
            14 LOGIN_IP_HOST: Ip4, "Login-IP-Host", "Login-IP-Host";
            15 LOGIN_SERVICE: U32, "Login_Service",
                "Login-Service", names($crate::proto::radius::names::LOGIN_SERVICES);
            16 LOGIN_TCP_PORT: U32, "Login_TCP_Port", "Login-TCP-Port";
            18 REPLY_MESSAGE: Text, "Reply_Message", "Reply-Message";
            19 CALLBACK_NUMBER: Text, "Callback_Number", "Callback-Number";
            20 CALLBACK_ID: Text, "Callback_Id", "Callback-Id";
            22 FRAMED_ROUTE: Text, "Framed_Route", "Framed-Route";
            23 FRAMED_IPX_NETWORK: Ip4, "Framed_IPX_Network", "Framed-IPX-Network";
            24 STATE: Bytes, "State", "State";
            25 CLASS: Bytes, "Class", "Class";
            27 SESSION_TIMEOUT: U32, "Session_Timeout", "Session-Timeout";
            28 IDLE_TIMEOUT: U32, "Idle_Timeout", "Idle-Timeout";
            29 TERMINATION_ACTION: U32, "Termination_Action",
                "Termination-Action", names($crate::proto::radius::names::TERMINATION_ACTIONS);
            30 CALLED_STATION_ID: Text, "Called_Station_Id", "Called-Station-Id";
            31 CALLING_STATION_ID: Text, "Calling_Station_Id", "Calling-Station-Id";
            32 NAS_IDENTIFIER: Text, "NAS_Identifier", "NAS-Identifier";
            33 PROXY_STATE: Bytes, "Proxy_State", "Proxy-State";
            34 LOGIN_LAT_SERVICE: Text, "Login_LAT_Service", "Login-LAT-Service";
            35 LOGIN_LAT_NODE: Text, "Login_LAT_Node", "Login-LAT-Node";
            36 LOGIN_LAT_GROUP: Bytes, "Login_LAT_Group", "Login-LAT-Group";
            37 FRAMED_APPLETALK_LINK: U32, "Framed_AppleTalk_Link", "Framed-AppleTalk-Link";
            38 FRAMED_APPLETALK_NETWORK: U32, "Framed_AppleTalk_Network", "Framed-AppleTalk-Network";
            39 FRAMED_APPLETALK_ZONE: Text, "Framed_AppleTalk_Zone", "Framed-AppleTalk-Zone";
            40 ACCT_STATUS_TYPE: U32, "Acct_Status_Type",
                "Acct-Status-Type", names($crate::proto::radius::names::STATUS_TYPES);
            41 ACCT_DELAY_TIME: U32, "Acct_Delay_Time", "Acct-Delay-Time";
            42 ACCT_INPUT_OCTETS: U32, "Acct_Input_Octets", "Acct-Input-Octets";
            43 ACCT_OUTPUT_OCTETS: U32, "Acct_Output_Octets", "Acct-Output-Octets";
            44 ACCT_SESSION_ID: Text, "Acct_Session_Id", "Acct-Session-Id";
            45 ACCT_AUTHENTIC: U32, "Acct_Authentic",
                "Acct-Authentic", names($crate::proto::radius::names::AUTHENTIC);
            46 ACCT_SESSION_TIME: U32, "Acct_Session_Time", "Acct-Session-Time";
            47 ACCT_INPUT_PACKETS: U32, "Acct_Input_Packets", "Acct-Input-Packets";
            48 ACCT_OUTPUT_PACKETS: U32, "Acct_Output_Packets", "Acct-Output-Packets";
            49 ACCT_TERMINATE_CAUSE: U32, "Acct_Terminate_Cause",
                "Acct-Terminate-Cause", names($crate::proto::radius::names::TERMINATE_CAUSES);
            50 ACCT_MULTI_SESSION_ID: Text, "Acct_Multi_Session_Id", "Acct-Multi-Session-Id";
            51 ACCT_LINK_COUNT: U32, "Acct_Link_Count", "Acct-Link-Count";
            52 ACCT_INPUT_GIGAWORDS: U32, "Acct_Input_Gigawords", "Acct-Input-Gigawords";
            53 ACCT_OUTPUT_GIGAWORDS: U32, "Acct_Output_Gigawords", "Acct-Output-Gigawords";
            55 EVENT_TIMESTAMP: Time, "Event_Timestamp", "Event-Timestamp";
            57 INGRESS_FILTERS: U32, "Ingress_Filters", "Ingress-Filters";
            59 USER_PRIORITY_TABLE: Bytes, "User_Priority_Table", "User-Priority-Table";
            60 CHAP_CHALLENGE: Bytes, "CHAP_Challenge", "CHAP-Challenge";
            61 NAS_PORT_TYPE: U32, "NAS_Port_Type",
                "NAS-Port-Type", names($crate::proto::radius::names::PORT_TYPES);
            62 PORT_LIMIT: U32, "Port_Limit", "Port-Limit";
            63 LOGIN_LAT_PORT: Text, "Login_LAT_Port", "Login-LAT-Port";
            64 TUNNEL_TYPE: U32, "Tunnel_Type",
                "Tunnel-Type", names($crate::proto::radius::names::TUNNEL_TYPES);
            65 TUNNEL_MEDIUM_TYPE: U32, "Tunnel_Medium_Type",
                "Tunnel-Medium-Type", names($crate::proto::radius::names::TUNNEL_MEDIUM_TYPES);
            66 TUNNEL_CLIENT_ENDPOINT: Text, "Tunnel_Client_Endpoint", "Tunnel-Client-Endpoint";
            67 TUNNEL_SERVER_ENDPOINT: Text, "Tunnel_Server_Endpoint", "Tunnel-Server-Endpoint";
            68 ACCT_TUNNEL_CONNECTION: Text, "Acct_Tunnel_Connection", "Acct-Tunnel-Connection";
            69 TUNNEL_PASSWORD: Bytes, "Tunnel_Password_encrypted", "Tunnel-Password (encrypted)";
            70 ARAP_PASSWORD: Bytes, "ARAP_Password", "ARAP-Password";
            71 ARAP_FEATURES: Bytes, "ARAP_Features", "ARAP-Features";
            72 ARAP_ZONE_ACCESS: U32, "ARAP_Zone_Access", "ARAP-Zone-Access";
            73 ARAP_SECURITY: U32, "ARAP_Security", "ARAP-Security";
            74 ARAP_SECURITY_DATA: Text, "ARAP_Security_Data", "ARAP-Security-Data";
            75 PASSWORD_RETRY: U32, "Password_Retry", "Password-Retry";
            76 PROMPT: U32, "Prompt", "Prompt";
            77 CONNECT_INFO: Text, "Connect_Info", "Connect-Info";
            78 CONFIGURATION_TOKEN: Text, "Configuration_Token", "Configuration-Token";
            80 MESSAGE_AUTHENTICATOR: Bytes, "Message_Authenticator", "Message-Authenticator";
            81 TUNNEL_PRIVATE_GROUP_ID: Text, "Tunnel_Private_Group_Id", "Tunnel-Private-Group-Id";
            82 TUNNEL_ASSIGNMENT_ID: Text, "Tunnel_Assignment_Id", "Tunnel-Assignment-Id";
            83 TUNNEL_PREFERENCE: U32, "Tunnel_Preference", "Tunnel-Preference";
            84 ARAP_CHALLENGE_RESPONSE: Bytes, "ARAP_Challenge_Response", "ARAP-Challenge-Response";
            85 ACCT_INTERIM_INTERVAL: U32, "Acct_Interim_Interval", "Acct-Interim-Interval";
            86 ACCT_TUNNEL_PACKETS_LOST: U32, "Acct_Tunnel_Packets_Lost", "Acct-Tunnel-Packets-Lost";
            87 NAS_PORT_ID: Text, "NAS_Port_Id", "NAS-Port-Id";
            88 FRAMED_POOL: Text, "Framed_Pool", "Framed-Pool";
            89 CHARGEABLE_USER_IDENTITY: Text, "Chargeable_User_Identity", "Chargeable-User-Identity";
            90 TUNNEL_CLIENT_AUTH_ID: Text, "Tunnel_Client_Auth_Id", "Tunnel-Client-Auth-Id";
            91 TUNNEL_SERVER_AUTH_ID: Text, "Tunnel_Server_Auth_Id", "Tunnel-Server-Auth-Id";
            92 NAS_FILTER_RULE: Text, "NAS_Filter_Rule", "NAS-Filter-Rule";
            94 ORIGINATING_LINE_INFO: Text, "Originating_Line_Info", "Originating-Line-Info";
            95 NAS_IPV6_ADDRESS: Ip6, "NAS_IPv6_Address", "NAS-IPv6-Address";
            96 FRAMED_INTERFACE_ID: Bytes, "Framed_Interface_Id", "Framed-Interface-Id";
            97 FRAMED_IPV6_PREFIX: Bytes, "Framed_IPv6_Prefix", "Framed-IPv6-Prefix";
            98 LOGIN_IPV6_HOST: Ip6, "Login_IPv6_Host", "Login-IPv6-Host";
            99 FRAMED_IPV6_ROUTE: Text, "Framed_IPv6_Route", "Framed-IPv6-Route";
            100 FRAMED_IPV6_POOL: Text, "Framed_IPv6_Pool", "Framed-IPv6-Pool";
            101 ERROR_CAUSE: U32, "Error_Cause",
                "Error-Cause", names($crate::proto::radius::names::ERROR_CAUSES);
            102 EAP_KEY_NAME: Text, "EAP_Key_Name", "EAP-Key-Name";
            103 DIGEST_RESPONSE: Text, "Digest_Response", "Digest-Response";
            123 DELEGATED_IPV6_PREFIX: Bytes, "Delegated_IPv6_Prefix", "Delegated-IPv6-Prefix";
            124 MIP6_FEATURE_VECTOR: Bytes, "MIP6_Feature_Vector", "MIP6-Feature-Vector";
            125 MIP6_HOME_LINK_PREFIX: Bytes, "MIP6_Home_Link_Prefix", "MIP6-Home-Link-Prefix";
            127 LOCATION_INFORMATION: Bytes, "Location_Information", "Location-Information";
            128 LOCATION_DATA: Bytes, "Location_Data", "Location-Data";
            129 BASIC_LOCATION_POLICY_RULES: Bytes, "Basic_Location_Policy_Rules",
                "Basic-Location-Policy-Rules";
            130 EXTENDED_LOCATION_POLICY_RULES: Text, "Extended_Location_Policy_Rules",
                "Extended-Location-Policy-Rules";
            131 LOCATION_CAPABLE: U32, "Location_Capable", "Location-Capable";
            132 REQUESTED_LOCATION_INFO: U32, "Requested_Location_Info", "Requested-Location-Info";
            133 FRAMED_MANAGEMENT: U32, "Framed_Management", "Framed-Management";
            134 MANAGEMENT_TRANSPORT_PROTECTION: U32, "Management_Transport_Protection",
                "Management-Transport-Protection";
            135 MANAGEMENT_POLICY_ID: Text, "Management_Policy_Id", "Management-Policy-Id";
            136 MANAGEMENT_PRIVILEGE_LEVEL: U32, "Management_Privilege_Level", "Management-Privilege-Level";
            137 PKM_SS_CERT: Bytes, "PKM_SS_Cert", "PKM-SS-Cert";
            138 PKM_CA_CERT: Bytes, "PKM_CA_Cert", "PKM-CA-Cert";
            139 PKM_CONFIG_SETTINGS: Bytes, "PKM_Config_Settings", "PKM-Config-Settings";
            140 PKM_CRYPTOSUITE_LIST: Bytes, "PKM_Cryptosuite_List", "PKM-Cryptosuite-List";
            141 PKM_SAID: U32, "PKM_SAID", "PKM-SAID";
            142 PKM_SA_DESCRIPTOR: Bytes, "PKM_SA_Descriptor", "PKM-SA-Descriptor";
            143 PKM_AUTH_KEY: Bytes, "PKM_Auth_Key", "PKM-Auth-Key";
            144 DS_LITE_TUNNEL_NAME: Text, "DS_Lite_Tunnel_Name", "DS-Lite-Tunnel-Name";
            145 MOBILE_NODE_IDENTIFIER: Bytes, "Mobile_Node_Identifier", "Mobile-Node-Identifier";
            146 SERVICE_SELECTION: Text, "Service_Selection", "Service-Selection";
            147 PMIP6_HOME_LMA_IPV6_ADDRESS: Ip6, "PMIP6_Home_LMA_IPv6_Address",
                "PMIP6-Home-LMA-IPv6-Address";
            148 PMIP6_VISITED_LMA_IPV6_ADDRESS: Ip6, "PMIP6_Visited_LMA_IPv6_Address",
                "PMIP6-Visited-LMA-IPv6-Address";
            149 PMIP6_HOME_LMA_IPV4_ADDRESS: Ip4, "PMIP6_Home_LMA_IPv4_Address",
                "PMIP6-Home-LMA-IPv4-Address";
            150 PMIP6_VISITED_LMA_IPV4_ADDRESS: Ip4, "PMIP6_Visited_LMA_IPv4_Address",
                "PMIP6-Visited-LMA-IPv4-Address";
            151 PMIP6_HOME_HN_PREFIX: Bytes, "PMIP6_Home_HN_Prefix", "PMIP6-Home-HN-Prefix";
            152 PMIP6_VISITED_HN_PREFIX: Bytes, "PMIP6_Visited_HN_Prefix", "PMIP6-Visited-HN-Prefix";
            153 PMIP6_HOME_INTERFACE_ID: Bytes, "PMIP6_Home_Interface_ID", "PMIP6-Home-Interface-ID";
            154 PMIP6_VISITED_INTERFACE_ID: Bytes, "PMIP6_Visited_Interface_ID", "PMIP6-Visited-Interface-ID";
            155 PMIP6_HOME_IPV4_HOA: Bytes, "PMIP6_Home_IPv4_HoA", "PMIP6-Home-IPv4-HoA";
            156 PMIP6_VISITED_IPV4_HOA: Bytes, "PMIP6_Visited_IPv4_HoA", "PMIP6-Visited-IPv4-HoA";
            157 PMIP6_HOME_DHCP4_SERVER_ADDRESS: Ip4, "PMIP6_Home_DHCP4_Server_Address",
                "PMIP6-Home-DHCP4-Server-Address";
            158 PMIP6_VISITED_DHCP4_SERVER_ADDRESS: Ip4, "PMIP6_Visited_DHCP4_Server_Address",
                "PMIP6-Visited-DHCP4-Server-Address";
            159 PMIP6_HOME_DHCP6_SERVER_ADDRESS: Ip6, "PMIP6_Home_DHCP6_Server_Address",
                "PMIP6-Home-DHCP6-Server-Address";
            160 PMIP6_VISITED_DHCP6_SERVER_ADDRESS: Ip6, "PMIP6_Visited_DHCP6_Server_Address",
                "PMIP6-Visited-DHCP6-Server-Address";
            161 PMIP6_HOME_IPV4_GATEWAY: Ip4, "PMIP6_Home_IPv4_Gateway", "PMIP6-Home-IPv4-Gateway";
            162 PMIP6_VISITED_IPV4_GATEWAY: Ip4, "PMIP6_Visited_IPv4_Gateway", "PMIP6-Visited-IPv4-Gateway";
            163 EAP_LOWER_LAYER: U32, "EAP_Lower_Layer", "EAP-Lower-Layer";
            164 GSS_ACCEPTOR_SERVICE_NAME: Text, "GSS_Acceptor_Service_Name", "GSS-Acceptor-Service-Name";
            165 GSS_ACCEPTOR_HOST_NAME: Text, "GSS_Acceptor_Host_Name", "GSS-Acceptor-Host-Name";
            166 GSS_ACCEPTOR_SERVICE_SPECIFICS: Text, "GSS_Acceptor_Service_Specifics",
                "GSS-Acceptor-Service-Specifics";
            167 GSS_ACCEPTOR_REALM_NAME: Text, "GSS_Acceptor_Realm_Name", "GSS-Acceptor-Realm-Name";
            168 FRAMED_IPV6_ADDRESS: Ip6, "Framed_IPv6_Address", "Framed-IPv6-Address";
            169 DNS_SERVER_IPV6_ADDRESS: Ip6, "DNS_Server_IPv6_Address", "DNS-Server-IPv6-Address";
            170 ROUTE_IPV6_INFORMATION: Bytes, "Route_IPv6_Information", "Route-IPv6-Information";
            171 DELEGATED_IPV6_PREFIX_POOL: Text, "Delegated_IPv6_Prefix_Pool", "Delegated-IPv6-Prefix-Pool";
            172 STATEFUL_IPV6_ADDRESS_POOL: Text, "Stateful_IPv6_Address_Pool", "Stateful-IPv6-Address-Pool";
            173 IPV6_6RD_CONFIGURATION: Bytes, "IPv6_6rd_Configuration", "IPv6-6rd-Configuration";
        }
        // RFC 2548.
        MICROSOFT {
            1 MS_CHAP_RESPONSE: Bytes, "MS_CHAP_Response", "MS-CHAP-Response";
            2 MS_CHAP_ERROR: Text, "MS_CHAP_Error", "MS-CHAP-Error";
            3 MS_CHAP_CPW_1: Bytes, "MS_CHAP_CPW_1", "MS-CHAP-CPW-1";
            4 MS_CHAP_CPW_2: Bytes, "MS_CHAP_CPW_2", "MS-CHAP-CPW-2";
            5 MS_CHAP_LM_ENC_PW: Bytes, "MS_CHAP_LM_Enc_PW", "MS-CHAP-LM-Enc-PW";
            6 MS_CHAP_NT_ENC_PW: Bytes, "MS_CHAP_NT_Enc_PW", "MS-CHAP-NT-Enc-PW";
            7 MS_MPPE_ENCRYPTION_POLICY: U32, "MS_MPPE_Encryption_Policy", "MS-MPPE-Encryption-Policy";
            8 MS_MPPE_ENCRYPTION_TYPES: U32, "MS_MPPE_Encryption_Types", "MS-MPPE-Encryption-Types";
            9 MS_RAS_VENDOR: U32, "MS_RAS_Vendor", "MS-RAS-Vendor";
            10 MS_CHAP_DOMAIN: Text, "MS_CHAP_Domain", "MS-CHAP-Domain";
            11 MS_CHAP_CHALLENGE: Bytes, "MS_CHAP_Challenge", "MS-CHAP-Challenge";
            12 MS_CHAP_MPPE_KEYS: Bytes, "MS_CHAP_MPPE_Keys", "MS-CHAP-MPPE-Keys";
            13 MS_BAP_USAGE: U32, "MS_BAP_Usage", "MS-BAP-Usage";
            14 MS_LINK_UTILIZATION_THRESHOLD: U32, "MS_Link_Utilization_Threshold",
                "MS-Link-Utilization-Threshold";
            15 MS_LINK_DROP_TIME_LIMIT: U32, "MS_Link_Drop_Time_Limit", "MS-Link-Drop-Time-Limit";
            16 MS_MPPE_SEND_KEY: Bytes, "MS_MPPE_Send_Key", "MS-MPPE-Send-Key";
            17 MS_MPPE_RECV_KEY: Bytes, "MS_MPPE_Recv_Key", "MS-MPPE-Recv-Key";
            18 MS_RAS_VERSION: Text, "MS_RAS_Version", "MS-RAS-Version";
            19 MS_OLD_ARAP_PASSWORD: Bytes, "MS_Old_ARAP_Password", "MS-Old-ARAP-Password";
            20 MS_NEW_ARAP_PASSWORD: Bytes, "MS_New_ARAP_Password", "MS-New-ARAP-Password";
            21 MS_ARAP_PW_CHANGE_REASON: U32, "MS_ARAP_PW_Change_Reason", "MS-ARAP-PW-Change-Reason";
            22 MS_FILTER: Bytes, "MS_Filter", "MS-Filter";
            23 MS_ACCT_AUTH_TYPE: U32, "MS_Acct_Auth_Type", "MS-Acct-Auth-Type";
            24 MS_ACCT_EAP_TYPE: U32, "MS_Acct_EAP_Type", "MS-Acct-EAP-Type";
            25 MS_CHAP2_RESPONSE: Bytes, "MS_CHAP2_Response", "MS-CHAP2-Response";
            26 MS_CHAP2_SUCCESS: Bytes, "MS_CHAP2_Success", "MS-CHAP2-Success";
            27 MS_CHAP2_CPW: Bytes, "MS_CHAP2_CPW", "MS-CHAP2-CPW";
            28 MS_PRIMARY_DNS_SERVER: Ip4, "MS_Primary_DNS_Server", "MS-Primary-DNS-Server";
            29 MS_SECONDARY_DNS_SERVER: Ip4, "MS_Secondary_DNS_Server", "MS-Secondary-DNS-Server";
            30 MS_PRIMARY_NBNS_SERVER: Ip4, "MS_Primary_NBNS_Server", "MS-Primary-NBNS-Server";
            31 MS_SECONDARY_NBNS_SERVER: Ip4, "MS_Secondary_NBNS_Server", "MS-Secondary-NBNS-Server";
            34 MS_RAS_CLIENT_NAME: Text, "MS_RAS_Client_Name", "MS-RAS-Client-Name";
            35 MS_RAS_CLIENT_VERSION: Text, "MS_RAS_Client_Version", "MS-RAS-Client-Version";
        }
        CISCO {
            1 CISCO_AVPAIR: Text, "Cisco_AVPair", "Cisco-AVPair";
            2 CISCO_NAS_PORT: Text, "Cisco_NAS_Port", "Cisco-NAS-Port";
        }
        // 3GPP TS 29.061 §16.4.7.
        THREE_GPP {
            1 THREE_GPP_IMSI: Text, "3GPP_IMSI", "3GPP-IMSI";
            2 THREE_GPP_CHARGING_ID: U32, "3GPP_Charging_ID", "3GPP-Charging-ID";
            3 THREE_GPP_PDP_TYPE: U32, "3GPP_PDP_Type", "3GPP-PDP-Type";
            4 THREE_GPP_CHARGING_GATEWAY_ADDRESS: Ip4, "3GPP_Charging_Gateway_Address",
                "3GPP-Charging-Gateway-Address";
            5 THREE_GPP_GPRS_NEGOTIATED_QOS_PROFILE: Text, "3GPP_GPRS_Negotiated_QoS_profile",
                "3GPP-GPRS-Negotiated-QoS-profile";
            6 THREE_GPP_SGSN_ADDRESS: Ip4, "3GPP_SGSN_Address", "3GPP-SGSN-Address";
            7 THREE_GPP_GGSN_ADDRESS: Ip4, "3GPP_GGSN_Address", "3GPP-GGSN-Address";
            8 THREE_GPP_IMSI_MCC_MNC: Text, "3GPP_IMSI_MCC_MNC", "3GPP-IMSI-MCC-MNC";
            9 THREE_GPP_GGSN_MCC_MNC: Text, "3GPP_GGSN_MCC_MNC", "3GPP-GGSN-MCC-MNC";
            10 THREE_GPP_NSAPI: Text, "3GPP_NSAPI", "3GPP-NSAPI";
            11 THREE_GPP_SESSION_STOP_INDICATOR: Bytes, "3GPP_Session_Stop_Indicator",
                "3GPP-Session-Stop-Indicator";
            12 THREE_GPP_SELECTION_MODE: Text, "3GPP_Selection_Mode", "3GPP-Selection-Mode";
            13 THREE_GPP_CHARGING_CHARACTERISTICS: Text, "3GPP_Charging_Characteristics",
                "3GPP-Charging-Characteristics";
            14 THREE_GPP_CHARGING_GATEWAY_IPV6_ADDRESS: Ip6, "3GPP_Charging_Gateway_IPv6_Address",
                "3GPP-Charging-Gateway-IPv6-Address";
            15 THREE_GPP_SGSN_IPV6_ADDRESS: Ip6, "3GPP_SGSN_IPv6_Address", "3GPP-SGSN-IPv6-Address";
            16 THREE_GPP_GGSN_IPV6_ADDRESS: Ip6, "3GPP_GGSN_IPv6_Address", "3GPP-GGSN-IPv6-Address";
            17 THREE_GPP_IPV6_DNS_SERVERS: Bytes, "3GPP_IPv6_DNS_Servers", "3GPP-IPv6-DNS-Servers";
            18 THREE_GPP_SGSN_MCC_MNC: Text, "3GPP_SGSN_MCC_MNC", "3GPP-SGSN-MCC-MNC";
            19 THREE_GPP_TEARDOWN_INDICATOR: Bytes, "3GPP_Teardown_Indicator", "3GPP-Teardown-Indicator";
            20 THREE_GPP_IMEISV: Text, "3GPP_IMEISV", "3GPP-IMEISV";
            21 THREE_GPP_RAT_TYPE: U32, "3GPP_RAT_Type", "3GPP-RAT-Type";
            22 THREE_GPP_USER_LOCATION_INFO: Bytes, "3GPP_User_Location_Info", "3GPP-User-Location-Info";
            23 THREE_GPP_MS_TIMEZONE: Bytes, "3GPP_MS_TimeZone", "3GPP-MS-TimeZone";
            24 THREE_GPP_CAMEL_CHARGING_INFO: Bytes, "3GPP_Camel_Charging_Info", "3GPP-Camel-Charging-Info";
            25 THREE_GPP_PACKET_FILTER: Bytes, "3GPP_Packet_Filter", "3GPP-Packet-Filter";
            26 THREE_GPP_NEGOTIATED_DSCP: U32, "3GPP_Negotiated_DSCP", "3GPP-Negotiated-DSCP";
        }
        WISPR {
            1 WISPR_LOCATION_ID: Text, "WISPr_Location_ID", "WISPr-Location-ID";
            2 WISPR_LOCATION_NAME: Text, "WISPr_Location_Name", "WISPr-Location-Name";
            3 WISPR_LOGOFF_URL: Text, "WISPr_Logoff_URL", "WISPr-Logoff-URL";
            4 WISPR_REDIRECTION_URL: Text, "WISPr_Redirection_URL", "WISPr-Redirection-URL";
            5 WISPR_BANDWIDTH_MIN_UP: U32, "WISPr_Bandwidth_Min_Up", "WISPr-Bandwidth-Min-Up";
            6 WISPR_BANDWIDTH_MIN_DOWN: U32, "WISPr_Bandwidth_Min_Down", "WISPr-Bandwidth-Min-Down";
            7 WISPR_BANDWIDTH_MAX_UP: U32, "WISPr_Bandwidth_Max_Up", "WISPr-Bandwidth-Max-Up";
            8 WISPR_BANDWIDTH_MAX_DOWN: U32, "WISPr_Bandwidth_Max_Down", "WISPr-Bandwidth-Max-Down";
            9 WISPR_SESSION_TERMINATE_TIME: Text, "WISPr_Session_Terminate_Time",
                "WISPr-Session-Terminate-Time";
            10 WISPR_SESSION_TERMINATE_END_OF_DAY: Text, "WISPr_Session_Terminate_End_Of_Day",
                "WISPr-Session-Terminate-End-Of-Day";
            11 WISPR_BILLING_CLASS_OF_SERVICE: Text, "WISPr_Billing_Class_Of_Service",
                "WISPr-Billing-Class-Of-Service";
        }
    } };
}
pub(super) use attribute_fields;

macro_rules! numbered_fields {
    ({ $($own:tt)* } $($list:ident { $($number:literal $name:ident: $kind:ident, $abbreviation:literal,
       $label:literal $(, $option:ident($value:expr))?;)* })*) => {
        fields! {
            $($own)*
            $($($name: $kind walk, concat!("radius.", $abbreviation), $label $(, $option($value))?;)*)*
        }

        $(const $list: Attributes = &[$(($number, $name)),*];)*
    };
}
pub(super) use numbered_fields;
