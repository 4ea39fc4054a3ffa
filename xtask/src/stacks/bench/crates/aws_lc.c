// A client or a server of HTTP/1.0 on AWS-LC: `client PORT CERT`, `server PORT CERT KEY`. Certificates are not looked at.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static SSL_SESSION *session;

static int keep(SSL *ssl, SSL_SESSION *new_session)
{
	(void)ssl;
	session = new_session;
	return 1;
}

static void say(SSL *ssl, const char *text)
{
	SSL_write(ssl, text, strlen(text));
}

static int client(SSL_CTX *context, const struct sockaddr_in *address)
{
	char answer[4096];

	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(context, keep);
	for (int i = 0; i < 2; i++) {
		int tcp = socket(AF_INET, SOCK_STREAM, 0);
		SSL *ssl = SSL_new(context);

		if (session)
			SSL_set_session(ssl, session);
		SSL_set_fd(ssl, tcp);
		if (connect(tcp, (const void *)address, sizeof *address) || SSL_connect(ssl) != 1)
			return 1;
		say(ssl, "GET /r HTTP/1.0\r\n\r\n");
		while (SSL_read(ssl, answer, sizeof answer) > 0)
			;
		SSL_shutdown(ssl);
		SSL_free(ssl);
		close(tcp);
	}
	return 0;
}

static int server(SSL_CTX *context, const struct sockaddr_in *address, char **files)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	char request[4096];

	SSL_CTX_use_certificate_file(context, files[0], SSL_FILETYPE_PEM);
	SSL_CTX_use_PrivateKey_file(context, files[1], SSL_FILETYPE_PEM);
	SSL_CTX_set_session_id_context(context, (const unsigned char *)"a", 1);
	if (bind(listener, (const void *)address, sizeof *address) || listen(listener, 8))
		return 1;
	for (;;) {
		int tcp = accept(listener, NULL, NULL);
		SSL *ssl = SSL_new(context);

		SSL_set_fd(ssl, tcp);
		if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof request) > 0) {
			say(ssl, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
			SSL_shutdown(ssl);
		}
		SSL_free(ssl);
		close(tcp);
	}
}

int main(int count, char **arguments)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	SSL_CTX *context = SSL_CTX_new(TLS_method());

	if (count < 4)
		return 2;
	address.sin_port = htons(atoi(arguments[2]));
	return count > 4 ? server(context, &address, arguments + 3) : client(context, &address);
}
